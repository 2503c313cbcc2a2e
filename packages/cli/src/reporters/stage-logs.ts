/**
 * What stages print, held until they settle, so that the lines of two commands do not mix.
 *
 * @module
 */
import type { BuildEvent } from "@ashlar/core";

/** Characters that are held of one stage: the end of what it prints. */
const maxCharacters = 256 * 1024;

/** The logs of the stages that run. */
export class StageLogs {
  readonly #texts = new Map<number, string>();

  /** Takes an event. What is replayed, of a result that is reused, is no news. */
  onEvent(event: BuildEvent): void {
    if (event.type === "stage-output" && !event.isReplay) {
      const text = (this.#texts.get(event.id) ?? "") + event.text;
      // Cut now and then, not at every line.
      const isLong = text.length > 2 * maxCharacters;
      this.#texts.set(event.id, isLong ? text.slice(-maxCharacters) : text);
    }
    if (event.type === "stage-started") this.#texts.delete(event.id);
  }

  /** What a stage has printed, and forgets it. */
  take(id: number): string {
    const text = this.#texts.get(id) ?? "";
    this.#texts.delete(id);
    if (text.length <= maxCharacters) return text;
    return `… the beginning is left out\n${text.slice(-maxCharacters)}`;
  }
}
