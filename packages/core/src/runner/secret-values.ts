/**
 * The values of an action's secrets, for the runner that executes it.
 *
 * They go nowhere but into the process that is started. Everything else that leaves a runner passes
 * through a veil, or is refused.
 *
 * @module
 */
import { invariant } from "../base/assert.ts";
import { BytePatterns, Veil } from "../base/byte-patterns.ts";
import { BuildError } from "../errors/build-error.ts";
import { placeholderOf } from "../graph/secret.ts";
import type { SecretPlace } from "../graph/word.ts";
import { formsOf } from "./secret-forms.ts";

/** What of an action holds placeholders. */
interface Placed {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretPlace[];
}

/** Values of the secrets of one action. */
export class SecretValues {
  readonly #values: readonly string[];
  readonly #byName = new Map<string, string>();
  /** What they are recognised by. */
  readonly patterns: BytePatterns;

  /**
   * @param places - Those of the action.
   * @param values - The value for each place, in the same order.
   */
  constructor(places: readonly SecretPlace[], values: readonly string[]) {
    this.#values = values;
    const forms = new Map<string, { readonly name: string; readonly bytes: Buffer }>();
    for (const [at, { name }] of places.entries()) {
      const value = values[at] ?? "";
      this.#byName.set(name, value);
      for (const bytes of formsOf(value)) forms.set(bytes.toString("latin1"), { name, bytes });
    }
    this.patterns = new BytePatterns([...forms.values()]);
  }

  /** The value of a secret of the action. `undefined` for any other name. */
  find(name: string): string | undefined {
    return this.#byName.get(name);
  }

  /** The same action with values in the places of the placeholders. For the start of a process only. */
  fill<A extends Placed>(action: A): A {
    const argv = [...action.argv];
    const env = { ...action.env };
    // From the last to the first, so that places do not move.
    for (const [at, { name, in: where, at: start }] of [...action.secrets.entries()].toReversed()) {
      const value = this.#values[at] ?? "";
      const end = start + placeholderOf(name).length;
      const put = (text: string): string => text.slice(0, start) + value + text.slice(end);
      if (typeof where === "number") argv[where] = put(argv[where] ?? "");
      else env[where] = put(env[where] ?? "");
    }
    return { ...action, argv, env };
  }

  /** Covers values up in one stream of bytes. */
  veil(): Veil {
    return new Veil(this.patterns);
  }

  /** The same error without values: in its texts, and those of its causes. */
  coverError(error: unknown): unknown {
    const cover = (text: string): string => this.patterns.coverText(text);
    if (!(error instanceof Error)) return typeof error === "string" ? cover(error) : error;
    const cause = error.cause === undefined ? undefined : this.coverError(error.cause);
    if (error instanceof BuildError) {
      const { code, message, facts, hint } = error;
      const covered = Object.entries(facts).map(([label, fact]) => [label, fact && cover(fact)]);
      return new BuildError({
        ...{ code, message: cover(message), hint: hint && cover(hint), cause },
        facts: Object.fromEntries(covered) as typeof facts,
      });
    }
    // A plain one: others may hold the arguments of a process in fields that nobody thinks of.
    const plain = new Error(cover(error.message), cause === undefined ? undefined : { cause });
    plain.name = error.name;
    plain.stack = cover(error.stack ?? "");
    return plain;
  }
}

/**
 * The action as its process must be started: with the values of its secrets, if it has any.
 *
 * A runner calls it as late as it can, and passes what it gives to nobody but the system.
 */
export function fillSecrets<A extends Placed>(action: A, secrets: SecretValues | undefined): A {
  if (action.secrets.length === 0) return action;
  invariant(secrets !== undefined, "an action with secrets is run without their values");
  return secrets.fill(action);
}
