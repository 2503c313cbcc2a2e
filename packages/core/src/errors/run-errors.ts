/**
 * The wording of errors about how commands are to be run: retries, side effects, resources.
 *
 * @module
 */
import { closest } from "../base/closest.ts";
import { BuildError } from "./build-error.ts";

/** A command needs more of a resource than the build has. */
export function resourceTooLarge(seen: {
  readonly stage: string;
  readonly resource: string;
  readonly amount: number;
  readonly capacity: number;
  readonly declaredAt: string | undefined;
}): BuildError {
  const { stage, resource, amount, capacity, declaredAt } = seen;
  return new BuildError({
    code: "RESOURCE_TOO_LARGE",
    message: `stage \`${stage}\` needs ${amount} of \`${resource}\`, and the build has ${capacity}`,
    facts: { "declared at": declaredAt },
    hint: `ask for less, or build with \`resources: { ${propertyName(resource)}: ${amount} }\``,
  });
}

/** A command needs a resource that the build does not have. */
export function resourceUnknown(seen: {
  readonly stage: string;
  readonly resource: string;
  readonly known: readonly string[];
  readonly declaredAt: string | undefined;
}): BuildError {
  const { stage, resource, known, declaredAt } = seen;
  const guess = closest(resource, known);
  const declare = `build with \`resources: { ${propertyName(resource)}: 1 }\``;
  return new BuildError({
    code: "RESOURCE_UNKNOWN",
    message: `stage \`${stage}\` needs \`${resource}\`, which the build does not have`,
    facts: { "declared at": declaredAt, known: known.join(", ") },
    hint: guess === undefined ? declare : `did you mean \`${guess}\`? Otherwise ${declare}`,
  });
}

/** A command is to be run again when it fails, and must not be run twice. */
export function retryWithSideEffects(times: number): BuildError {
  return new BuildError({
    code: "RETRY_WITH_SIDE_EFFECTS",
    message: "a command with side effects is to be run again when it fails",
    facts: { retries: String(times), sideEffects: "true" },
    hint: "drop `retries`, and have the command itself repeat what is safe to repeat; or drop `sideEffects`",
  });
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
