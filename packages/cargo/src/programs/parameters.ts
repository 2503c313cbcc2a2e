/**
 * Parameters of a program: one JSON object on its command line, read once and checked.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import { asTable, isStrings, type Table } from "./table.ts";

/** Typed access to the fields of a JSON object. */
export class Parameters {
  readonly #fields: Table;

  constructor(fields: Table) {
    this.#fields = fields;
  }

  /**
   * Reads parameters back from text.
   *
   * @throws {@link Failure} unless `text` is a JSON object.
   */
  static parse(text: string | undefined): Parameters {
    try {
      const fields = asTable(JSON.parse(text ?? ""));
      if (fields !== undefined) return new Parameters(fields);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw new Failure(`the parameters are not a JSON object: ${text ?? "there are none"}`, {
      hint: 'pass them as one argument, for example \'{"target": "../target"}\'',
    });
  }

  /** A string that must be there, unless there is a `fallback`. */
  string(name: string, fallback?: string): string {
    const value = this.optionalString(name) ?? fallback;
    if (value === undefined) throw new Failure(`parameter \`${name}\` is missing`);
    return value;
  }

  /** A string, or undefined when the field is absent. */
  optionalString(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || typeof value === "string") return value;
    throw new Failure(`parameter \`${name}\` is not a string`);
  }

  /** A switch; off when the field is absent. */
  boolean(name: string): boolean {
    const value = this.#fields[name];
    if (value === undefined || typeof value === "boolean") return value ?? false;
    throw new Failure(`parameter \`${name}\` is not a boolean`);
  }

  /** A list of strings that must be there, unless there is a `fallback`. */
  strings(name: string, fallback?: readonly string[]): readonly string[] {
    const value = this.#fields[name] ?? fallback;
    if (isStrings(value)) return value;
    throw new Failure(`parameter \`${name}\` is not a list of strings`);
  }

  /** A list of lists of strings that must be there. */
  stringLists(name: string): readonly (readonly string[])[] {
    const value = this.#fields[name];
    if (Array.isArray(value) && value.every(isStrings)) return value;
    throw new Failure(`parameter \`${name}\` is not a list of lists of strings`);
  }
}
