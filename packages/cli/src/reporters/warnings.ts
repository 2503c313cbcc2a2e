/**
 * Warnings: what the logs of stages gave rise to say and somebody should do something about, gathered for the end of a build.
 *
 *     warning: build, clippy: the build script of app watches `a.proto`, which is not among the sources
 *
 * They are those of reused results, too: a warning holds as long as the result is used. What several stages say is said once.
 *
 * @module
 */
import type { BuildEvent } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { shownCount } from "../shown.ts";

/** Warnings that are shown, and stages that are named with each. */
const maxLines = 10;
const maxNames = 3;

/** The warnings of a build. */
export class Warnings {
  /** By call: of one that runs again, only what is said last counts. */
  readonly #said = new Map<number, { readonly name: string; readonly texts: readonly string[] }>();

  /** Takes an event. */
  onEvent(event: BuildEvent): void {
    if (event.type !== "stage-settled") return;
    const { id, name } = event;
    const texts = warningsOf(event);
    if (texts.length > 0) this.#said.set(id, { name, texts });
    else this.#said.delete(id);
  }

  /** A line for each of the first ones, and one that counts the others. */
  lines(colors: Colors): readonly string[] {
    const namesByText = new Map<string, string[]>();
    for (const { name, texts } of this.#said.values()) {
      for (const text of texts) {
        const names = namesByText.get(text);
        if (names === undefined) namesByText.set(text, [name]);
        else names.push(name);
      }
    }
    const head = colors.yellow("warning:");
    const lines = [...namesByText].slice(0, maxLines).map(([text, names]) => {
      const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : "";
      return `${head} ${oneLine(names.slice(0, maxNames).join(", "))}${more}: ${oneLine(text)}`;
    });
    const left = namesByText.size - lines.length;
    if (left === 0) return lines;
    const rest = `${shownCount(left, "more warning")}: \`ashlar why TARGET\` has them`;
    return [...lines, colors.dim(`… and ${rest}`)];
  }
}

/** What a stage that is over warns of. */
export function warningsOf({
  remarks = [],
}: BuildEvent & { readonly type: "stage-settled" }): readonly string[] {
  return remarks.flatMap(({ severity, text }) => (severity === "warning" ? [text] : []));
}
