/**
 * Capacities: how much of each resource a build has.
 *
 *     slots: 4                          { cpu: 4 }
 *     resources: { cpu: 4, db: 1 }      { cpu: 4, db: 1 }      and `memory`, if somebody asks for it
 *
 * @module
 */
import { availableParallelism, totalmem } from "node:os";

import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { resourceTooLarge, resourceUnknown } from "../errors/run-errors.ts";
import { checkAmounts, usualRequest, type Amounts } from "../graph/amounts.ts";
import type { StageCall } from "../graph/stage.ts";

/** The pools of a build. */
export class Capacities {
  readonly #amounts: Map<string, number>;

  /** @throws {@link BuildError} `INVALID_OPTION`. */
  constructor(options: { readonly slots?: number; readonly resources?: Amounts }) {
    const { slots, resources = {} } = options;
    if (slots !== undefined && !(Number.isInteger(slots) && slots > 0)) {
      throw invalidOption("slots", describe(slots), "a whole number, at least 1");
    }
    this.#amounts = new Map(Object.entries(checkAmounts(resources, 1)));
    const cpu = this.#amounts.get("cpu");
    if (cpu !== undefined && slots !== undefined && cpu !== slots) {
      throw invalidOption("slots", String(slots), `left out, or ${cpu} as \`resources.cpu\` is`);
    }
    if (cpu === undefined) this.#amounts.set("cpu", slots ?? availableParallelism());
  }

  /** How much there is; `undefined` when there is no such resource. */
  of(name: string): number | undefined {
    // Asked for late: finding it out reads a file.
    if (name === "memory" && !this.#amounts.has(name)) this.#amounts.set(name, totalmem());
    return this.#amounts.get(name);
  }

  /**
   * Makes sure that each of the calls can be run at all.
   *
   * @throws {@link BuildError} `RESOURCE_UNKNOWN`, `RESOURCE_TOO_LARGE`.
   */
  check(calls: Iterable<StageCall>): void {
    for (const { name: stage, command, declaredAt } of calls) {
      const { resources } = command.run;
      // Of nearly all commands, and there is always one.
      if (resources === usualRequest) continue;
      for (const resource in resources) {
        const amount = resources[resource] ?? 0;
        const capacity = this.of(resource);
        if (capacity === undefined) {
          const known = new Set([...this.#amounts.keys(), "memory"]);
          throw resourceUnknown({ stage, resource, known: [...known], declaredAt });
        }
        if (amount > capacity) {
          throw resourceTooLarge({ stage, resource, amount, capacity, declaredAt });
        }
      }
    }
  }
}
