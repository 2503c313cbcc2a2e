/**
 * A build script that never ends by itself. Its arguments: the engine, the image, and a folder.
 *
 * @module
 */
import { join } from "node:path";

import { build, MemoryStore, sh, stage } from "@ashlar/core";
import { containerRunner } from "@ashlar/runner-container";

const [engine = "", image = "", folder = ""] = process.argv.slice(2);

// The test that started us may be ended itself.
process.stdin.on("end", () => process.exit(1)).resume();

const script = "trap '' TERM INT; echo started; while :; do sleep 1000; done";
const endless = stage("endless", () => sh`sh -c ${script}`);

await build(endless(), {
  runner: await containerRunner({ engine, image, lockFile: join(folder, "lock"), scratch: folder }),
  store: new MemoryStore(),
  onEvent: (event) => {
    if (event.type === "stage-output") process.stdout.write(event.text);
  },
});
