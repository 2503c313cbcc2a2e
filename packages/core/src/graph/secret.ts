/**
 * Secrets: values that a command is given, and that nothing else ever holds.
 *
 * A command holds a secret's name and its places. Keys, events and errors show a placeholder; the value is
 * asked for when the command must run, and put into its place by the runner. See `docs/design/secrets.md`.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { secretAsText } from "../errors/unkeyed-errors.ts";

/** Where a secret's value comes from. */
export interface SecretOptions {
  /**
   * Gives the value. Called at most once in a build for each handle, when the first command that needs
   * it must run; not at all if earlier results can be used.
   *
   * @defaultValue reads the environment variable of the secret's name
   */
  readonly from?: () => string | Promise<string>;
}

/** A value that is in no key, log, event, error or output. */
export interface Secret {
  readonly [secretState]: {
    readonly name: string;
    readonly from: (() => string | Promise<string>) | undefined;
  };
}

const secretState: unique symbol = Symbol("ashlar.secret");

/** Names of environment variables, and such as other places for secrets have. */
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_./:-]{0,199}$/;

/**
 * Names a secret: for a variable of a command's environment, or as a word of it, or part of one.
 *
 * Without `from`, the value is that of the environment variable of this name, in the process that builds,
 * at the time when a command needs it. The name is in the key, the value is not: a new value runs nothing
 * again.
 *
 * @param name - Letters, digits and `_ . / : -`.
 * @throws {@link BuildError} `INVALID_OPTION` for another name, or a `from` that is no function.
 * @example
 * ```ts
 * const token = secret("NPM_TOKEN");
 * sh({ env: { NODE_AUTH_TOKEN: token } })`npm publish ${pkg}`;
 * sh`curl -H "Authorization: Bearer ${token}" ${url} -o ${out.file("page")}`;
 * ```
 */
export function secret(name: string, { from }: SecretOptions = {}): Secret {
  if (typeof name !== "string" || !nameForm.test(name)) {
    throw invalidOption("secret", describe(name), "a name of letters, digits and `_ . / : -`");
  }
  if (from !== undefined && typeof from !== "function") {
    throw invalidOption("from", describe(from), "a function that gives the value");
  }
  return Object.freeze({
    [secretState]: Object.freeze({ name, from }),
    // Joined with text by JavaScript, it would be lost, and the command get `[object Object]`.
    [Symbol.toPrimitive](): never {
      throw secretAsText(name);
    },
  });
}

/** The inside of a secret. */
export function insideOf(handle: Secret): Secret[typeof secretState] {
  return handle[secretState];
}

/** True for what `secret` makes. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && secretState in value;
}

/** What stands for a secret wherever its value must not be. */
export function placeholderOf(name: string): string {
  return `<secret ${name}>`;
}
