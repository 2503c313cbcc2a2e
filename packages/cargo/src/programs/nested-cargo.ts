/**
 * Cargo in tests: what those find that run it themselves, as tests of macros do with `trybuild`.
 *
 * Those know nothing of the arguments that the cargo around them has got, and work in folders of their own. So they are led by
 * cargo's home to the external crates, by a path that leads there from anywhere.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import type { RunOptions } from "./consumer.ts";

/** Of a variable there is no setting that takes it away. Nextest reads each argument by itself, so this takes a file. */
const WITHOUT_LOG = '[env]\nCARGO_LOG = { value = "", force = true }\n';

/**
 * Variables for tests, and settings by which those have no part in the log that the cargo around them keeps for us. Others are laid
 * in cargo's home with the inputs of the stage.
 */
export function nestedCargo(): Required<Pick<RunOptions, "env" | "settings">> {
  const home = resolve(process.env["CARGO_HOME"] ?? "../home");
  mkdirSync(home, { recursive: true });
  const path = join(home, "tests.toml");
  writeFileSync(path, WITHOUT_LOG);
  return { env: { CARGO_HOME: home }, settings: [path] };
}
