/**
 * What can have become of a stage, in words and colours.
 *
 * The colours are those of Okabe and Ito, which people tell apart whatever colours they see; where they are used on
 * an area, two of them have a hatching as well. They stand in `style.css`, for light and for dark.
 *
 * @module
 */
import type { PageState } from "../src/page/page-data.ts";

/** A state as people see it. */
export interface StateLook {
  readonly state: PageState;
  readonly word: string;
  /** What it means, for who rests on the word. */
  readonly about: string;
  /** Whether the store had the result, had it not, or neither can be said. */
  readonly store: "hit" | "miss" | "neither";
}

/** Every state, those first that people look for. */
export const states: readonly StateLook[] = [
  {
    state: "failed",
    word: "failed",
    about: "it ran, or could not, and did not succeed",
    store: "miss",
  },
  { state: "cancelled", word: "cancelled", about: "it was stopped", store: "miss" },
  { state: "ran", word: "ran", about: "a miss: its command ran, and succeeded", store: "miss" },
  { state: "reused", word: "reused", about: "a hit: an earlier result was used", store: "hit" },
  {
    state: "expanded",
    word: "expanded",
    about: "it described more of the graph",
    store: "neither",
  },
  { state: "skipped", word: "skipped", about: "it was not started", store: "neither" },
  { state: "run", word: "to run", about: "a miss: its command would run", store: "miss" },
  { state: "hit", word: "to reuse", about: "a hit: an earlier result would be used", store: "hit" },
  {
    state: "unknown",
    word: "unknown",
    about: "that depends on what others give",
    store: "neither",
  },
];

const byState = new Map(states.map((look) => [look.state, look]));

/** How a state looks. */
export function lookOf(state: PageState): StateLook {
  return byState.get(state) as StateLook;
}
