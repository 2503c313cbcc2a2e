/**
 * Reporters: what tells people, or other programs, of a build while it goes on and when it is over.
 *
 * A reporter is a fold over events, and knows nothing else of a build than these and its end. So an
 * embedding tool can use those of this package, or its own, with `tryBuild` as it is.
 *
 * @module
 */
import type { BuildError, BuildEvent, BuildOutcome } from "@ashlar/core";

/** What is known of a build when it is over. */
export interface BuildEnd {
  readonly outcome: BuildOutcome;
  /** All failures, those among them that no event told of. */
  readonly errors: readonly BuildError[];
}

/** Something that is told of a build. */
export interface Reporter {
  /** Hears of everything that happens, in order. */
  onEvent(event: BuildEvent): void;
  /** The build is over. Called once, also when it could not begin; then there is no end. */
  end(end: BuildEnd | undefined): void;
}

/** One reporter that tells several. */
export function several(reporters: readonly Reporter[]): Reporter {
  return {
    onEvent: (event) => {
      for (const each of reporters) each.onEvent(event);
    },
    end: (end) => {
      for (const each of reporters) each.end(end);
    },
  };
}

/** Tells nobody. */
export const silent: Reporter = { onEvent: () => {}, end: () => {} };
