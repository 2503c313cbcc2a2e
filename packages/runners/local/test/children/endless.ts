/**
 * A build script that never ends by itself: two commands run for ever, and print the numbers of their
 * processes. Its arguments: a folder for scratch, whether the path is to be `stable`
 * or there is to be a `sandbox`, and a mark for the environment of the commands.
 *
 * @module
 */
import { all, build, MemoryStore, sh, stage } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

const [scratch = "", how = "", mark = ""] = process.argv.slice(2);

// The test that started us may be ended itself.
process.stdin.on("end", () => process.exit(1)).resume();

// One that has left its group, its session and its directory; where there is no /proc, nobody would find it.
const daemon = `
  if [ -e /proc/self ]; then
    (cd / && exec setsid sh -c 'trap "" TERM INT HUP; echo pid $$; exec sleep 1000') &
  fi`;
const script = `
  trap '' TERM INT
  ${how === "stable" ? "" : daemon}
  sh -c 'trap "" TERM INT; echo pid $$; exec sleep 1000' &
  echo pid $$
  while :; do sleep 1000; done`;
const endless = stage(
  "endless",
  (n: number) => sh({ env: { N: n, MARK: mark }, stablePath: how === "stable" })`sh -c ${script}`,
);

await build(all({ a: endless(1), b: endless(2) }), {
  runner: localRunner({ sandbox: how === "sandbox" ? "required" : "none", scratch }),
  store: new MemoryStore(),
  slots: 2,
  onEvent: (event) => {
    if (event.type === "stage-output") process.stdout.write(event.text);
  },
});
