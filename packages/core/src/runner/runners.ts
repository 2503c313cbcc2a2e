/**
 * The router: one runner that stands for several, and hands each command to the one that it is for.
 *
 *     label ──byLabel──▶ ┐
 *     image ──byImage──▶ ├──▶ runner
 *     neither ─default─▶ ┘
 *
 * Only the choice is made here. Keys, abilities, labels of results are those of the runner that was chosen:
 * moving a command from one to another re-runs it only if their platforms differ.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import type { NameValue } from "../graph/action.ts";
import type { HostTool } from "../graph/tool.ts";
import type { Where } from "../graph/where.ts";
import type { Notes } from "../store/store.ts";
import { chooseRunner } from "./placement.ts";
import type {
  Action,
  Execution,
  Hermeticity,
  RunContext,
  Runner,
  RunnerAbility,
} from "./runner.ts";

/** Which runner is for what. */
export interface RunnersOptions {
  /** Takes what says nothing; and what wants an image that no other is for, if it can. */
  readonly default: Runner;
  /**
   * Takes what wants an image: one runner for all of them, or several by the image's name. A name that ends
   * with `*` stands for all that begin so, the longest one counts; `*` alone for images that are artifacts, too.
   */
  readonly byImage?: Runner | Readonly<Record<string, Runner>>;
  /** Takes what has a label, whatever image it wants. */
  readonly byLabel?: Readonly<Record<string, Runner>>;
}

/**
 * Makes a runner of several. It owns them: whoever disposes of it disposes of them all.
 *
 * A command that none of them can take is an error before anything runs: `RUNNER_UNABLE`.
 *
 * @throws {@link BuildError} `INVALID_OPTION` for what is no runner.
 * @example
 * ```ts
 * await using runner = runners({
 *   default: localRunner(),
 *   byImage: await containerRunner(),
 *   byLabel: { gpu: await containerRunner({ image: "cuda:12" }) },
 * });
 * const train = stage("train", () => sh({ label: "gpu" })`train`);
 * const pack = stage("pack", () => sh({ image: "debian:12" })`dpkg-deb --build .`);
 * ```
 */
export function runners(options: RunnersOptions): Runner {
  return new Router(options);
}

class Router implements Runner {
  readonly name: string;
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  readonly abilities: readonly RunnerAbility[];
  readonly demands: Hermeticity | undefined;
  readonly needsImage: boolean;
  readonly identify?: (tool: HostTool, signal: AbortSignal, notes?: Notes) => Promise<string>;
  readonly #default: Runner;
  readonly #byImage: ReadonlyMap<string, Runner>;
  readonly #byLabel: ReadonlyMap<string, Runner>;

  constructor({ default: usual, byImage = {}, byLabel = {} }: RunnersOptions) {
    this.#default = checked("default", usual);
    const images = isRunner(byImage) ? { "*": byImage } : byImage;
    this.#byImage = checkedMap("byImage", images);
    this.#byLabel = checkedMap("byLabel", byLabel);
    // What says nothing is run as if there were only the default one.
    this.name = usual.name;
    this.platform = usual.platform;
    this.hermeticity = usual.hermeticity;
    this.abilities = usual.abilities ?? [];
    this.demands = usual.demands;
    this.needsImage = usual.needsImage ?? false;
    if (usual.identify !== undefined) this.identify = usual.identify.bind(usual);
  }

  choose(where: Where): Runner | undefined {
    const { label, image } = where;
    if (label !== undefined) {
      const labelled = this.#byLabel.get(label);
      const rest = image === undefined ? undefined : { label: undefined, image };
      return labelled && chooseRunner(rest, labelled);
    }
    return chooseRunner(where, this.#runnerOf(image) ?? this.#default);
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    return await this.#default.run(action, context);
  }

  /** Of all, even if one of them fails to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = new Set([this.#default, ...this.#byImage.values(), ...this.#byLabel.values()]);
    const ends = await Promise.allSettled(
      [...all].map(async (runner) => await runner[Symbol.asyncDispose]()),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  #runnerOf(image: Where["image"]): Runner | undefined {
    const all = this.#byImage.get("*");
    if (typeof image !== "string") return all;
    const exact = this.#byImage.get(image);
    if (exact !== undefined) return exact;
    const patterns = [...this.#byImage.keys()].filter(
      (name) => name.endsWith("*") && image.startsWith(name.slice(0, -1)),
    );
    const [longest] = patterns.toSorted((a, b) => b.length - a.length);
    return longest === undefined ? undefined : this.#byImage.get(longest);
  }
}

function checkedMap(
  option: string,
  runnersByName: Readonly<Record<string, Runner>>,
): ReadonlyMap<string, Runner> {
  const entries = Object.entries(runnersByName);
  return new Map(
    entries.map(([name, runner]) => [name, checked(`${option}[${JSON.stringify(name)}]`, runner)]),
  );
}

function checked(option: string, runner: unknown): Runner {
  if (isRunner(runner)) return runner;
  throw invalidOption(option, describe(runner), "a runner, such as `localRunner()` makes");
}

function isRunner(value: unknown): value is Runner {
  return typeof value === "object" && value !== null && typeof (value as Runner).run === "function";
}
