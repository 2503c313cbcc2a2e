/**
 * Cargo in tests: what those find that run it themselves, as tests of macros do with `trybuild`.
 *
 * They know nothing of the arguments that the cargo around them has got, and work in folders of their own. So they are led by
 * cargo's home to the external crates, by a path that leads there from anywhere.
 *
 * @module
 */
import { resolve } from "node:path";

import type { Environment } from "./process.ts";

/** Variables for tests. The settings are laid in cargo's home with the inputs of the stage. */
export function nestedCargo(): Environment {
  return { CARGO_HOME: resolve(process.env["CARGO_HOME"] ?? "../home"), CARGO_NET_OFFLINE: "true" };
}

/** Arguments of a `cargo test`, by which the cargo in it has no part in the log that the cargo around it keeps for us. */
export const OWN_LOG: readonly string[] = ["value=''", "force=true"].flatMap((setting) => [
  "--config",
  `env.CARGO_LOG.${setting}`,
]);
