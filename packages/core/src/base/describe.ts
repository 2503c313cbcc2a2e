/**
 * How a value of unknown type is named in an error.
 *
 * @module
 */
import { inspect } from "node:util";

/** A short noun phrase, such as `undefined`, `a promise` or `an object with keys a, b`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `the string ${JSON.stringify(value)}`;
  if (typeof value === "function") {
    const isStage = "stageName" in value && typeof value.stageName === "string";
    if (isStage) return `stage \`${String(value.stageName)}\`, which has not been called`;
    return `the function ${value.name || "(anonymous)"}`;
  }
  if (typeof value !== "object") return `the ${typeof value} ${inspect(value)}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if ("then" in value && typeof value.then === "function") return "a promise (await it first)";
  const keys = Object.keys(value).slice(0, 5);
  const prototype: unknown = Object.getPrototypeOf(value);
  const made = prototype === null ? "Object" : value.constructor.name;
  if (made !== "Object") return `a ${made}`;
  return keys.length === 0 ? "an empty object" : `an object with keys ${keys.join(", ")}`;
}
