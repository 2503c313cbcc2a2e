/**
 * Amounts: how much of each resource something needs, or has.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { compareCodePoints } from "../base/order.ts";
import { invalidOption } from "../errors/catalogue.ts";

/** Whole numbers by the name of a resource. */
export type Amounts = Readonly<Record<string, number>>;

/** What a command needs that says nothing: one processor. */
export const usualRequest: Amounts = Object.freeze({ cpu: 1 });

/**
 * What a command needs, in the order of names, without what it needs nothing of.
 *
 * @throws {@link BuildError} `INVALID_OPTION`.
 */
export function checkRequest(resources: unknown): Amounts {
  const amounts = { ...usualRequest, ...checkAmounts(resources, 0) };
  const needed = Object.entries(amounts).filter(([, amount]) => amount > 0);
  return Object.freeze(Object.fromEntries(needed.toSorted(([a], [b]) => compareCodePoints(a, b))));
}

/**
 * Amounts as somebody gave them, if they are whole numbers.
 *
 * @throws {@link BuildError} `INVALID_OPTION`.
 */
export function checkAmounts(resources: unknown, least: number): Amounts {
  if (typeof resources !== "object" || resources === null || Array.isArray(resources)) {
    throw invalidOption("resources", describe(resources), "amounts by name: `{ cpu: 2, db: 1 }`");
  }
  for (const [name, amount] of Object.entries(resources)) {
    const isWhole = Number.isSafeInteger(amount) && (amount as number) >= least;
    if (!isWhole) {
      throw invalidOption(
        `resources.${name}`,
        describe(amount),
        `a whole number, at least ${least}`,
      );
    }
  }
  return resources as Amounts;
}

/** Amounts, for people: `cpu 1, db 1`. */
export function amountsText(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([resource, amount]) => `${resource} ${amount}`)
    .join(", ");
}

/** Whether there is a resource that both need. */
export function sharesAny(one: Amounts, other: Amounts): boolean {
  return Object.keys(one).some((resource) => Object.hasOwn(other, resource));
}
