import { dirname } from "node:path";

import type { Runner } from "@ashlar/core";
import { runnerContract } from "@ashlar/core/testing";
import { remoteRunner } from "@ashlar/runner-remote";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startCasd, withServer, type Server } from "./servers.ts";

/** What no service is told: it is in none of the messages that the key is made of. */
const untold = {
  "5: `PATH` leads to the declared tools, and to nothing else": "it leads to the worker's",
  "5: a tool that is not there is `TOOL_NOT_FOUND`, with its hint": "nobody looks for it",
  "5: a tool of the input root finds what lies beside it": "`PATH` is the worker's",
  "5: a tool of the input root finds what lies beside it, at a stable place too":
    "`PATH` is the worker's",
  "5: a tool of the input root may be a link, and have another name": "`PATH` is the worker's",
  "5: a tool of the input root may be a program": "`PATH` is the worker's",
  13: "secrets stay on this machine",
  14: "caches stay on this machine",
};

/** What no service tells. */
const unsaid = {
  "6: a missing output is reported with what was written instead": "only outputs are told of",
  "11: death by SIGKILL is reported": "it is told as an exit code, 137",
  "11: death by SIGTERM is reported": "it is told as an exit code, 143",
  "11: death by SIGSEGV is reported": "it is told as an exit code, 139",
  "12: an attempt that a signal ended has no exit code": "it is told as an exit code",
};

/** What the contract takes for granted, and need not be so where something is done elsewhere. */
const elsewhere = {
  9: "what the service has need not be in the store",
  "7: a long log takes little memory":
    "the command is that of the messages, which the test changes",
};

/** Which is how casd runs commands: others need not do so. */
const asCasd = {
  "3: a command at a stable place sees the same path each time, also at once":
    "each has a directory of its own",
  "4: nothing is added to an environment that names all": "its own environment shows through",
  "4: nothing is added to an environment that names all, at a stable place too":
    "its own environment shows through",
  "4: `HOME` and `TMPDIR` are empty directories of its own": "they are those of the service",
  "6: an output may be a link to what lies in the input root": "it refuses links as outputs",
  "6: an output that leads out of the input root is refused": "its message says so, not our code",
  "6: an output is refused when a folder on the way to it leads out": "it finds none",
  "6: an output of the wrong kind is refused": "its message says so, not our code",
  "6: an output that cannot be kept is a fault of the execution, which has its log":
    "it gives no log then",
  "6: outputs are as they are when the command's children have ended, too":
    "it does not wait for children",
  "8: what a command leaves running is gone when it has ended by itself": "it goes on",
  "8: what a command leaves running is gone when it has failed": "it goes on",
  "8: all that ignores SIGTERM is gone when a cancelled run settles":
    "the test waits for a log that comes at the end; see `casd.test.ts`",
  "8: all that ignores SIGTERM is gone when a run is out of time":
    "the test waits for a log that comes at the end; see `casd.test.ts`",
};

withServer("casd", "the contract of runners", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startCasd({ jobs: 4, path: `${dirname(process.execPath)}:/usr/bin:/bin` });
  });
  afterAll(async () => await server[Symbol.asyncDispose]());
  const makeRunner = (): Runner => remoteRunner({ endpoint: server.endpoint });
  const exceptions = { ...untold, ...unsaid, ...elsewhere, ...asCasd };
  runnerContract({ describe, expect, test }, { makeRunner, exceptions });
});
