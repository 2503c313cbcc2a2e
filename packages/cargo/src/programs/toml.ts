/**
 * TOML: the one package that reads and writes it, loaded when it is first needed.
 *
 * As one file and at once. As modules it is nine, which a build in which nothing has changed would wait for (6 ms), and
 * so would each stage.
 *
 * @module
 */
import { createRequire } from "node:module";

import type * as SmolToml from "smol-toml";

type Toml = typeof SmolToml;

let loaded: Toml | undefined;

/** What reads and writes TOML. */
export function toml(): Toml {
  return (loaded ??= createRequire(import.meta.url)("smol-toml") as Toml);
}
