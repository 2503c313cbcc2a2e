/**
 * Tool identities: which versions of its host's programs a command would meet. Asked once a build.
 *
 * @module
 */
import { sortedBy } from "../base/order.ts";
import { BuildError } from "../errors/build-error.ts";
import { toolsOf, type CommandSpec } from "../graph/command.ts";
import type { PlacedTool } from "../graph/placed-tool.ts";
import type { Runner } from "../runner/runner.ts";
import type { Notes } from "../store/store.ts";
import { toolLine, type ToolIdentity } from "./key-parts.ts";

/** Asks a runner about tools, once for each. */
export class ToolIdentities {
  readonly #runner: Runner;
  readonly #signal: AbortSignal;
  readonly #notes: Notes | undefined;
  readonly #known = new Map<string, Promise<string>>();
  /** By {@link topicOf}. */
  readonly #lines = new Map<unknown, string>();

  constructor(runner: Runner, signal: AbortSignal, notes?: Notes) {
    this.#runner = runner;
    this.#signal = signal;
    this.#notes = notes;
  }

  /** Asks about all that some commands need, so that {@link ToolIdentities.known} can tell. */
  async prefetch(commands: Iterable<CommandSpec>): Promise<void> {
    const questions = new Map<unknown, CommandSpec>();
    for (const command of commands) questions.set(topicOf(command), command);
    for (const [topic, command] of questions) {
      try {
        this.#lines.set(topic, (await this.of(toolsOf(command))).map(toolLine).join("\n"));
      } catch (error) {
        // Whoever needs the tool will meet the error again; and nobody does when the build is cancelled.
        if (!(error instanceof BuildError) && !this.#signal.aborted) throw error;
      }
    }
  }

  /** All that was found out about the tools of a command, as one text. */
  known(command: CommandSpec): string | undefined {
    return this.#lines.get(topicOf(command));
  }

  /** What tells the tools of the host apart from others, in the order of their names. */
  async of(tools: readonly PlacedTool[]): Promise<ToolIdentity[]> {
    if (this.#runner.identify === undefined) return [];
    const hostTools = tools.filter((tool) => tool.type === "host-tool");
    const identities = sortedBy(hostTools, ({ name }) => name).map(async (tool) => {
      // Two handles on one tool are one tool; what is asked of it is all that tells them apart.
      const { name, version, locate, mustLocate, isThisNode } = tool;
      const question = JSON.stringify([name, version, locate, mustLocate, isThisNode]);
      let answer = this.#known.get(question);
      if (answer === undefined) {
        answer = this.#runner.identify?.(tool, this.#signal, this.#notes) ?? Promise.resolve("");
        this.#known.set(question, answer);
      }
      return { name: tool.name, identity: await answer };
    });
    return await Promise.all(identities);
  }
}

/** What decides about a command's tools: their list, or the program that stands for one. */
function topicOf({ tools, argv }: CommandSpec): unknown {
  return tools ?? argv[0];
}
