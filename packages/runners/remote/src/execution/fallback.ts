/**
 * Fallbacks: what cannot be executed remotely is run here, if that is wanted.
 *
 * @module
 */
import { BuildError, type ErrorCode, type Execution, type Runner } from "@ashlar/core";

import type { FallbackCause } from "./options.ts";

/** How long a service that did not answer is left alone, in milliseconds: each try costs seconds. */
const restMs = 30_000;

/** For how long nobody asks the service, by a clock that does not go back, and why. */
interface Rest {
  untilMs: number;
  error?: BuildError;
}

/** Who runs instead, and when. */
export class Fallback {
  readonly runner: Runner;
  readonly #causes: ReadonlySet<FallbackCause>;
  readonly #rest: Rest;

  constructor(runner: Runner, causes: Iterable<FallbackCause>, rest: Rest = { untilMs: 0 }) {
    this.runner = runner;
    this.#causes = new Set(causes);
    this.#rest = rest;
  }

  /** Whether it is for that. */
  isFor(cause: FallbackCause): boolean {
    return this.#causes.has(cause);
  }

  /** The same, of the same service, with another runner. */
  with(runner: Runner): Fallback {
    return new Fallback(runner, this.#causes, this.#rest);
  }

  /**
   * Runs remotely, or here where that is wanted. Rejects as either of them does.
   *
   * A command that has failed has run, and is not run again: only what says that it was not executed counts.
   * What is run here says why.
   */
  async use(
    remotely: () => Promise<Execution>,
    here: (runner: Runner) => Promise<Execution>,
  ): Promise<Execution> {
    const { untilMs, error: why } = this.#rest;
    if (why !== undefined && untilMs > performance.now()) return await this.#instead(here, why);
    try {
      return await remotely();
    } catch (error) {
      const cause = causeOf(error);
      if (!(error instanceof BuildError) || cause === undefined || !this.isFor(cause)) throw error;
      if (cause === "unavailable") {
        this.#rest.untilMs = performance.now() + restMs;
        this.#rest.error = error;
      }
      return await this.#instead(here, error);
    }
  }

  async #instead(
    here: (runner: Runner) => Promise<Execution>,
    fellBack: BuildError,
  ): Promise<Execution> {
    return { ...(await here(this.runner)), fellBack };
  }
}

/** Why something was not executed; `undefined` for errors that people should hear of, such as missing rights. */
function causeOf(error: unknown): FallbackCause | undefined {
  return error instanceof BuildError ? causes[error.code] : undefined;
}

const causes: Readonly<Partial<Record<ErrorCode, FallbackCause>>> = {
  REMOTE_UNAVAILABLE: "unavailable",
  REMOTE_UNFIT: "unable",
  RUNNER_UNABLE: "unable",
};
