/**
 * Placement: which runner takes a command, and in which image.
 *
 *     command ──label, image──▶ choose ──▶ runner ──image──▶ the same runner, in that image
 *                                 └─ nobody ──▶ RUNNER_UNABLE, before anything runs
 *
 * A closure runs in this process, whatever runner a build has. A mock plays everything.
 *
 * @module
 */
import { invariant } from "../base/assert.ts";
import { runnersUnable, type UnplacedStage } from "../errors/runner-errors.ts";
import type { CommandSpec } from "../graph/command.ts";
import type { StageCall } from "../graph/stage.ts";
import { whereText, type Where } from "../graph/where.ts";
import type { ContentStore } from "../store/store.ts";
import { InProcess } from "./in-process.ts";
import { PretendedImage } from "./pretended-image.ts";
import type { Hermeticity, Runner, RunnerImage, Value } from "./runner.ts";

/** Places the commands of one build. */
export class Placement {
  readonly #runner: Runner;
  readonly #content: ContentStore;
  readonly #signal: AbortSignal;
  /** By runner, and what its image is known by. */
  readonly #inImages = new Map<Runner, Map<string, Promise<Runner>>>();

  constructor(runner: Runner, content: ContentStore, signal: AbortSignal) {
    this.#runner = runner;
    this.#content = content;
    this.#signal = signal;
  }

  /**
   * The runner of a command.
   *
   * @param image - The content of the artifact that it wants to run in, if it wants that.
   * @throws {@link BuildError} what the runner has to say of the image.
   */
  async of(command: CommandSpec, image?: Value): Promise<Runner> {
    const { where, opaque } = command;
    const chosen = this.chosen(command);
    if (opaque !== undefined) return chosen.hermeticity === "mock" ? chosen : new InProcess(opaque);
    if (where?.image === undefined) return chosen;
    const name = typeof where.image === "string" ? where.image : undefined;
    // Who asks without it wants to know as much as can be said.
    if (name === undefined && image === undefined) return chosen;
    return await this.#inImage(chosen, name ?? (image as Value));
  }

  /** The same, before its image is known. All commands have been checked. */
  chosen({ where }: CommandSpec): Runner {
    if (where === undefined) return this.#runner;
    const chosen = chooseRunner(where, this.#runner);
    invariant(chosen, "a command was checked before it is placed");
    return chosen;
  }

  /** How far results of a command have to be trusted. A closure is run in this process in any case. */
  demandOf(command: CommandSpec): Hermeticity | undefined {
    return command.opaque === undefined ? this.chosen(command).demands : undefined;
  }

  /** See {@link checkPlaces}. */
  check(calls: Iterable<StageCall>): void {
    checkPlaces(calls, this.#runner);
  }

  async #inImage(runner: Runner, image: Value | string): Promise<Runner> {
    const known = this.#inImages.get(runner) ?? new Map<string, Promise<Runner>>();
    this.#inImages.set(runner, known);
    const topic = typeof image === "string" ? image : `${image.kind}://${image.digest}`;
    let found = known.get(topic);
    if (found === undefined) {
      const content = this.#content;
      const given: RunnerImage =
        typeof image === "string"
          ? image
          : image.kind === "tree"
            ? { tree: image.digest, content }
            : { archive: image.digest, content };
      found =
        runner.inImage?.(given, this.#signal) ?? Promise.resolve(new PretendedImage(runner, topic));
      known.set(topic, found);
    }
    return await found;
  }
}

/**
 * Makes sure that each of some calls has a runner that takes it.
 *
 * @throws {@link BuildError} `RUNNER_UNABLE`, with all that have none.
 */
export function checkPlaces(calls: Iterable<StageCall>, runner: Runner): void {
  let unplaced: UnplacedStage[] | undefined;
  for (const { name: stage, command, declaredAt, expand } of calls) {
    const { where, opaque } = command;
    const isOurs = expand !== undefined || opaque !== undefined;
    if (isOurs || chooseRunner(where, runner) !== undefined) continue;
    const wants = where === undefined ? "no image, and needs one there" : whereText(where);
    (unplaced ??= []).push({ stage, wants, declaredAt });
  }
  if (unplaced !== undefined) throw runnersUnable(unplaced);
}

/** The runner among those that one stands for, if there is one that can take the command. */
export function chooseRunner(where: Where | undefined, runner: Runner): Runner | undefined {
  if (where === undefined) return runner.needsImage === true ? undefined : runner;
  if (runner.choose !== undefined) return runner.choose(where);
  if (runner.hermeticity === "mock") return runner;
  const { label, image } = where;
  if (label !== undefined) return undefined;
  if (image === undefined) return chooseRunner(undefined, runner);
  return runner.inImage === undefined ? undefined : runner;
}
