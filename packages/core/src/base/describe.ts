/**
 * How a value of unknown type is named in an error.
 *
 * @module
 */

/** A short noun phrase, such as `undefined`, `a promise` or `an object with keys a, b`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `the string ${JSON.stringify(value)}`;
  if (typeof value === "function") return `the function ${value.name || "(anonymous)"}`;
  if (typeof value !== "object") return `the ${typeof value} ${String(value)}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if ("then" in value && typeof value.then === "function") return "a promise (await it first)";
  const keys = Object.keys(value).slice(0, 5);
  const made = value.constructor?.name ?? "Object";
  if (made !== "Object") return `a ${made}`;
  return keys.length === 0 ? "an empty object" : `an object with keys ${keys.join(", ")}`;
}
