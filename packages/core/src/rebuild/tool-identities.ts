/**
 * Tool identities: which versions of its host's programs a command would meet. Asked once a build.
 *
 * @module
 */
import { state } from "../artifact/handle.ts";
import { sortedBy } from "../base/order.ts";
import { BuildError } from "../errors/build-error.ts";
import { toolsOf, type CommandSpec } from "../graph/command.ts";
import type { PlacedTool } from "../graph/placed-tool.ts";
import type { Where } from "../graph/where.ts";
import type { Placement } from "../runner/placement.ts";
import type { Runner } from "../runner/runner.ts";
import type { Notes } from "../store/store.ts";
import { toolLine, type ToolIdentity } from "./key-parts.ts";

/** Asks runners about tools, once for each. */
export class ToolIdentities {
  readonly #placement: Placement;
  readonly #signal: AbortSignal;
  readonly #notes: Notes | undefined;
  /** By runner, and what is asked of a tool. */
  readonly #known = new Map<Runner, Map<string, Promise<string>>>();
  /** By {@link topicOf}. */
  readonly #lines = new Map<unknown, string>();
  /** Of commands that say where they want to run: by that, and by {@link topicOf}. */
  readonly #placedLines = new Map<string, Map<unknown, string>>();

  constructor(placement: Placement, signal: AbortSignal, notes?: Notes) {
    this.#placement = placement;
    this.#signal = signal;
    this.#notes = notes;
  }

  /** Asks about all that some commands need, so that {@link ToolIdentities.known} can tell. */
  async prefetch(commands: Iterable<CommandSpec>): Promise<void> {
    const questions = new Map<unknown, CommandSpec>();
    const placed: CommandSpec[] = [];
    for (const command of commands) {
      if (command.where === undefined) questions.set(topicOf(command), command);
      else placed.push(command);
    }
    const asked = [...questions].map(async ([topic, command]) => {
      await this.#tryTo(async () => {
        const tools = await this.of(toolsOf(command), this.#placement.chosen(command));
        this.#lines.set(topic, tools.map(toolLine).join("\n"));
      });
    });
    await Promise.all(asked);
    for (const command of placed) await this.#tryTo(() => this.#findPlaced(command));
  }

  /** All that was found out about a command's runner and the tools there, as one text. */
  known(command: CommandSpec): string | undefined {
    if (command.where === undefined) return this.#lines.get(topicOf(command));
    return this.#placedLines.get(placeOf(command.where))?.get(topicOf(command));
  }

  async #findPlaced(command: CommandSpec): Promise<void> {
    if (command.where === undefined || this.known(command) !== undefined) return;
    const place = placeOf(command.where);
    const runner = await this.#placement.of(command);
    const tools = await this.of(toolsOf(command), runner);
    const lines = this.#placedLines.get(place) ?? new Map<unknown, string>();
    this.#placedLines.set(place, lines);
    // Which runner takes it is no part of what describes the command.
    lines.set(
      topicOf(command),
      [JSON.stringify(runner.platform), ...tools.map(toolLine)].join("\n"),
    );
  }

  async #tryTo(ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      // Whoever needs the tool will meet the error again; and nobody does when the build is cancelled.
      if (!(error instanceof BuildError) && !this.#signal.aborted) throw error;
    }
  }

  /**
   * What tells the tools of the host apart from others, in the order of their names.
   *
   * @param runner - Whose host that is.
   */
  async of(tools: readonly PlacedTool[], runner: Runner): Promise<ToolIdentity[]> {
    if (runner.identify === undefined) return [];
    const known = this.#known.get(runner) ?? new Map<string, Promise<string>>();
    this.#known.set(runner, known);
    const hostTools = tools.filter((tool) => tool.type === "host-tool");
    const identities = sortedBy(hostTools, ({ name }) => name).map(async (tool) => {
      // Two handles on one tool are one tool; what is asked of it is all that tells them apart.
      const { name, version, locate, mustLocate, isThisNode } = tool;
      const question = JSON.stringify([name, version, locate, mustLocate, isThisNode]);
      let answer = known.get(question);
      if (answer === undefined) {
        answer = runner.identify?.(tool, this.#signal, this.#notes) ?? Promise.resolve("");
        known.set(question, answer);
      }
      return { name: tool.name, identity: await answer };
    });
    return await Promise.all(identities);
  }
}

/** What decides about the runner of a command, and its image, as far as that has a name. */
function placeOf({ label, image }: Where): string {
  return JSON.stringify([label, typeof image === "string" ? image : image?.[state].kind]);
}

/** What decides about a command's tools: their list, or the program that stands for one. */
function topicOf({ tools, argv }: CommandSpec): unknown {
  return tools ?? argv[0];
}
