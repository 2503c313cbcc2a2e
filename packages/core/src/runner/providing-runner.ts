/**
 * A runner for one action, with more in its context than everybody gets.
 *
 * @module
 */
import type { NameValue } from "../graph/action.ts";
import type { Action, Execution, Hermeticity, RunContext, Runner } from "./runner.ts";

/** Adds something to the context of a run. */
export class ProvidingRunner implements Runner {
  readonly name: string;
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  readonly #runner: Runner;
  readonly #provided: Partial<RunContext>;

  constructor(runner: Runner, provided: Partial<RunContext>) {
    this.name = runner.name;
    this.platform = runner.platform;
    this.hermeticity = runner.hermeticity;
    this.#runner = runner;
    this.#provided = provided;
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    return await this.#runner.run(action, { ...context, ...this.#provided });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]();
  }
}
