/**
 * Failures on a screen: the first ones in full, then one line each, then none.
 *
 * With `--keep-going`, ten thousand stages may fail for one reason. Who reads the first few has read all.
 *
 * @module
 */
import type { BuildEvent } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { paintError } from "../show-fault.ts";
import type { BuildEnd } from "./reporter.ts";

/** Failures that are shown in full, and in one line. */
const maxFull = 10;
const maxLines = 50;

/** What is written of failures. */
export class Failures {
  readonly #colors: Colors;
  #count = 0;
  /** Messages of errors that were told of, or are left out. */
  readonly #told = new Set<string>();

  constructor(colors: Colors) {
    this.#colors = colors;
  }

  /** What to write of a stage that failed; `undefined` when there is nothing to say of it any more. */
  textOf({ error }: BuildEvent & { readonly type: "stage-settled" }): string | undefined {
    if (error === undefined) return undefined;
    this.#count++;
    this.#told.add(error.message);
    if (this.#count <= maxFull) return paintError(error.text, this.#colors);
    return this.#count <= maxLines ? error.message : undefined;
  }

  /** Errors that no event told of: of targets, of a cancellation. */
  untold({ errors }: BuildEnd): BuildEnd["errors"] {
    return errors.filter(({ message, code }) => {
      return !this.#told.has(message) && code !== "BUILD_CANCELLED";
    });
  }
}
