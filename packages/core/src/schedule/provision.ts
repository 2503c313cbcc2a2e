/**
 * Provisions: what a command must be given that is in no key, got ready before it takes a slot.
 *
 * @module
 */
import { runnerUnable } from "../errors/unkeyed-errors.ts";
import type { StageCall } from "../graph/stage.ts";
import { ConcealingRunner } from "../runner/concealing-runner.ts";
import { runnerOf } from "../runner/in-process.ts";
import type { Action, Runner, RunnerAbility } from "../runner/runner.ts";
import type { SecretKeeper } from "./secret-keeper.ts";

/** What one run of a command is given. */
export interface Provision {
  /** The runner that hands over what the command needs. For its action only. */
  readonly runner: Runner;
}

/** Gets provisions ready, for one build. */
export class Provisioner {
  readonly #runner: Runner;
  readonly #secrets: SecretKeeper;

  constructor(parts: { readonly runner: Runner; readonly secrets: SecretKeeper }) {
    this.#runner = parts.runner;
    this.#secrets = parts.secrets;
  }

  /**
   * Gets ready what a call needs.
   *
   * @param place - Where it will run. @defaultValue the runner of the build
   * @throws {@link BuildError} `RUNNER_UNABLE`, `SECRET_UNSET`, `SECRET_UNFIT`. Rejects with the signal's
   *   reason.
   */
  async provide(
    action: Action,
    call: StageCall,
    signal: AbortSignal,
    place: Runner = this.#runner,
  ): Promise<Provision> {
    const runner = runnerOf(call.command, place);
    if (action.secrets.length > 0) insist(runner, action, "secrets", "the values of secrets");
    const secrets = await this.#secrets.valuesFor(call, signal);
    return { runner: secrets ? new ConcealingRunner(runner, secrets) : runner };
  }
}

function insist(runner: Runner, { name }: Action, ability: RunnerAbility, what: string): void {
  if (runner.abilities?.includes(ability) === true) return;
  throw runnerUnable(name, runner.name, what);
}
