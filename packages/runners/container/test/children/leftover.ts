/**
 * Starts a container as a runner of this process would, and leaves it behind when it is killed. Its arguments: the engine, and
 * the image. Prints the container's name.
 *
 * @module
 */
import { execFileSync } from "node:child_process";

import { Engine } from "../../src/engine.ts";
import { containerName, ownLabel } from "../../src/owner.ts";

const [program = "", image = ""] = process.argv.slice(2);

// The test that started us may be ended itself.
process.stdin.on("end", () => process.exit(1)).resume();

const engine = new Engine(program);
const name = containerName();
const words = ["--detach", "--name", name, "--label", ownLabel(), "--entrypoint", "/bin/sh"];
for (let isOver = false; !isOver;) {
  const { changes } = engine;
  const run = ["run", ...words, ...engine.runOptions, image, "-c", "while :; do sleep 1000; done"];
  const { exitCode, stderr } = await engine.ask(run);
  isOver = exitCode === 0 || !engine.adapt(stderr, changes);
  if (exitCode !== 0) execFileSync(program, ["rm", "--force", name], { stdio: "ignore" });
}
process.stdout.write(`${name}\n`);
