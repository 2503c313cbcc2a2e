/**
 * What a command costs that is executed elsewhere, for `docs/capacity.md`: the same trivial commands here, on
 * buildbox-casd on this machine, and given by it because it has executed them before.
 *
 *     node --conditions=@ashlar/bundle bench/remote-execution.mjs [commands]
 *
 * Wants the bundles (`npm run build`), and casd (`scripts/remote-servers.sh`). Prints Markdown. Processor time is that of
 * this process: what the service and the commands take is theirs.
 *
 * @module
 */
import { build, localRunner, MemoryStore, out, sh, stage } from "./ashlar/api.mjs";
import { bundleOf } from "./ashlar/bundle-of.mjs";
import { describeMachine } from "./measure/machine.mjs";
import { Workplace } from "./measure/workplace.mjs";
import { startService } from "./peers/remote-service.mjs";
import { ashlarVersion } from "./peers/scripts.mjs";

/** @type {typeof import("../packages/runners/remote/dist/index.js")} */
const { remoteRunner } = await import(bundleOf("runners/remote"));

const count = Number(process.argv[2] ?? 200);
const jobs = 4;

const touch = stage(
  "touch",
  (/** @type {number} */ number) => sh`sh -c ${`echo ${number} > $0`} ${out.file("made")}`,
);

/**
 * @param {string} what
 * @param {number} from the first of the numbers that tell the commands apart
 * @param {number} slots
 * @param {() => import("../packages/core/dist/index.js").Runner} makeRunner
 */
async function measure(what, from, slots, makeRunner) {
  const runner = makeRunner();
  const store = new MemoryStore();
  // Connections, and code that is run for the first time.
  await build(touch(-1 - from), { runner, store });
  const targets = Array.from({ length: count }, (_, at) => touch(from + at));
  const { user, system } = process.cpuUsage();
  const begun = performance.now();
  const report = await build(targets, { runner, store, slots });
  const ms = performance.now() - begun;
  const used = process.cpuUsage({ user, system });
  if (report.ran.length !== count) throw new Error(`only ${report.ran.length} ran`);
  const each = (/** @type {number} */ all) => (all / count).toFixed(1);
  const cpu = ((used.user + used.system) / 1000 / count).toFixed(2);
  process.stdout.write(`| ${what} | ${slots} | ${each(ms)} ms | ${cpu} ms |\n`);
  await runner[Symbol.asyncDispose]();
}

const place = new Workplace();
try {
  const service = await startService(place.next(), { jobs });
  if (!service.executes) throw new Error("there is no buildbox-casd that executes");
  try {
    const endpoint = `grpc://127.0.0.1:${service.port}`;
    const here = () => localRunner({ sandbox: "none" });
    const there = () => remoteRunner({ endpoint });
    const { cpus, ...machine } = describeMachine();
    process.stdout.write(
      `${new Date().toISOString().slice(0, 10)}, ${JSON.stringify({ cpus, ...machine })}, ashlar ${ashlarVersion()}\n\n`,
    );
    process.stdout.write(
      `| ${count} commands | at once | a command | our processor, a command |\n| --- | ---: | ---: | ---: |\n`,
    );
    await measure("executed by casd", 1_000_000, 1, there);
    await measure("executed by casd", 2_000_000, jobs, there);
    await measure("executed by casd", 3_000_000, 64, there);
    await measure("given by casd", 3_000_000, 64, there);
    await measure("here", 0, jobs, here);
  } finally {
    service.stop();
  }
} finally {
  place.remove();
}
