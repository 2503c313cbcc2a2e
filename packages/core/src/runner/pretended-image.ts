/**
 * A mock in an image: it runs as it always does, and its keys say which image the command wants.
 *
 * @module
 */
import type { NameValue } from "../graph/action.ts";
import type {
  Action,
  Execution,
  Hermeticity,
  RunContext,
  Runner,
  RunnerAbility,
} from "./runner.ts";

/** A mock, as the runner of commands that want an image. Need not be disposed of. */
export class PretendedImage implements Runner {
  readonly name: string;
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  readonly abilities: readonly RunnerAbility[];
  readonly #runner: Runner;

  /** @param image - What tells it from others. */
  constructor(runner: Runner, image: string) {
    this.name = runner.name;
    this.platform = [...runner.platform, { name: "container-image", value: image }];
    this.hermeticity = runner.hermeticity;
    this.abilities = runner.abilities ?? [];
    this.#runner = runner;
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    return await this.#runner.run(action, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
