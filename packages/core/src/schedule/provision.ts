/**
 * Provisions: what a command must be given that is in no key, got ready before it takes a slot.
 *
 * @module
 */
import { aside } from "../base/aside.ts";
import type { Clock } from "../base/clock.ts";
import { compareCodePoints } from "../base/order.ts";
import { Turns } from "../base/turns.ts";
import { runnerUnable } from "../errors/unkeyed-errors.ts";
import type { StageCall } from "../graph/stage.ts";
import { ConcealingRunner } from "../runner/concealing-runner.ts";
import { ProvidingRunner } from "../runner/providing-runner.ts";
import type { Action, Runner, RunnerAbility } from "../runner/runner.ts";
import type { CacheKeeper, CacheTurn } from "../store/caches.ts";
import { TemporaryCaches } from "../store/temporary-caches.ts";
import type { SecretKeeper } from "./secret-keeper.ts";

/** What one command is given, however often it is run. Disposed of when it is over. */
export interface Provision extends Disposable {
  /** The runner that hands over what the command needs. For its action only. */
  readonly runner: Runner;
}

/** Gets provisions ready, for one build. */
export class Provisioner implements AsyncDisposable {
  readonly #secrets: SecretKeeper;
  readonly #caches: CacheKeeper;
  readonly #temporary = new TemporaryCaches();
  /** Of this build's commands among themselves: keepers of caches do not tell a clock who waits. */
  readonly #turns = new Turns();
  readonly #clock: Clock;

  constructor(parts: {
    readonly secrets: SecretKeeper;
    /** Absent: caches last as long as the build. */
    readonly caches: CacheKeeper | undefined;
    readonly clock: Clock;
  }) {
    this.#secrets = parts.secrets;
    this.#caches = parts.caches ?? this.#temporary;
    this.#clock = parts.clock;
  }

  /**
   * Gets ready what a call needs: asks for its secrets, then waits for its turn at its caches.
   *
   * @param runner - Where it will run.
   * @throws {@link BuildError} `RUNNER_UNABLE`, `SECRET_UNSET`, `SECRET_UNFIT`, `STORE_UNWRITABLE`. Rejects
   *   with the signal's reason.
   */
  async provide(
    action: Action,
    call: StageCall,
    signal: AbortSignal,
    runner: Runner,
  ): Promise<Provision> {
    const { secrets: places, caches } = action;
    if (places.length === 0 && caches.length === 0) return { runner, [Symbol.dispose]: doNothing };
    if (places.length > 0) insist(runner, action, "secrets", "the values of secrets");
    if (caches.length > 0) insist(runner, action, "caches", "a cache");
    const secrets = await this.#secrets.valuesFor(call, signal);
    const turns = await this.#takeTurns(call.name, new Set(caches.map(({ name }) => name)), signal);
    const directories = new Map([...turns].map(([name, { directory }]) => [name, directory]));
    const providing = new ProvidingRunner(runner, { caches: directories });
    return {
      runner: secrets ? new ConcealingRunner(providing, secrets) : providing,
      [Symbol.dispose]: () => endAll(turns.values()),
    };
  }

  /** Removes caches that last no longer than the build. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#temporary[Symbol.asyncDispose]();
  }

  /** One after another, in the same order everywhere: so no two commands wait for each other. */
  async #takeTurns(
    stage: string,
    names: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, CacheTurn>> {
    const turns = new Map<string, CacheTurn>();
    try {
      for (const name of [...names].toSorted(compareCodePoints)) {
        turns.set(name, await this.#takeTurn(stage, name, signal));
      }
      return turns;
    } catch (error) {
      endAll(turns.values());
      throw error;
    }
  }

  async #takeTurn(stage: string, name: string, signal: AbortSignal): Promise<CacheTurn> {
    const wait = (): string => `\`${stage}\` waits for its turn at cache \`${name}\``;
    const leave = await aside(this.#clock, wait, this.#turns.take(name, signal));
    try {
      const turn = await this.#caches.take(name, signal);
      const end = (): void => {
        turn[Symbol.dispose]();
        leave();
      };
      return { directory: turn.directory, [Symbol.dispose]: end };
    } catch (error) {
      leave();
      throw error;
    }
  }
}

function doNothing(): void {}

function insist(runner: Runner, { name }: Action, ability: RunnerAbility, what: string): void {
  if (runner.abilities?.includes(ability) === true) return;
  throw runnerUnable(name, runner.name, what);
}

function endAll(turns: Iterable<CacheTurn>): void {
  for (const turn of turns) turn[Symbol.dispose]();
}
