/**
 * Tool identities: which versions of its host's programs a command would meet. Asked once a build.
 *
 * @module
 */
import { sortedBy } from "../base/order.ts";
import type { Tool } from "../graph/tool.ts";
import type { Runner } from "../runner/runner.ts";

/** Asks a runner about tools, once for each. */
export class ToolIdentities {
  readonly #runner: Runner;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Promise<string>>();

  constructor(runner: Runner, signal: AbortSignal) {
    this.#runner = runner;
    this.#signal = signal;
  }

  /** A line for each tool, in the order of names: what the key has to say of them. */
  async of(tools: readonly Tool[]): Promise<string[]> {
    const { identify } = this.#runner;
    if (identify === undefined) return [];
    const lines = sortedBy(tools, ({ name }) => name).map(async (tool) => {
      // Two handles on one tool are one tool; what is asked of it is all that tells them apart.
      const question = JSON.stringify([tool.name, tool.version, tool.locate]);
      let answer = this.#known.get(question);
      if (answer === undefined) {
        answer = identify.call(this.#runner, tool, this.#signal);
        this.#known.set(question, answer);
      }
      return `tool ${tool.name} ${JSON.stringify(await answer)}`;
    });
    return await Promise.all(lines);
  }
}
