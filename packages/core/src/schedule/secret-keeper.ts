/**
 * The keeper of secrets: asks for values when commands must run, once in a build for each secret.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { untilAborted } from "../base/until-aborted.ts";
import type { BuildError } from "../errors/build-error.ts";
import { secretUnfit, secretUnset } from "../errors/unkeyed-errors.ts";
import { insideOf, type Secret } from "../graph/secret.ts";
import type { StageCall } from "../graph/stage.ts";
import { coreOf, minSecretBytes } from "../runner/secret-forms.ts";
import { SecretValues } from "../runner/secret-values.ts";

/** What was found out about a secret: its value, or why it has none. */
type Answer = { readonly value: string } | { readonly why: string; readonly cause?: unknown };

/** Knows the values of secrets, for as long as a build lasts. */
export class SecretKeeper {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #asked = new Map<Secret, Promise<Answer>>();

  /** @param variables - The environment of the process that builds. Read when a value is needed. */
  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /**
   * The values that a call needs; `undefined` when it needs none.
   *
   * @throws {@link BuildError} `SECRET_UNSET`, `SECRET_UNFIT`. Rejects with the signal's reason.
   */
  async valuesFor(
    { name: stage, command }: StageCall,
    signal: AbortSignal,
  ): Promise<SecretValues | undefined> {
    const { secrets } = command;
    if (secrets.length === 0) return undefined;
    const values: string[] = [];
    for (const { secret } of secrets) {
      const answer = await untilAborted(this.#ask(secret), signal);
      if (!("value" in answer)) throw unset(stage, secret, answer);
      const why = unfitness(answer.value);
      if (why !== undefined) throw secretUnfit(stage, insideOf(secret).name, why);
      values.push(answer.value);
    }
    return new SecretValues(secrets, values);
  }

  async #ask(secret: Secret): Promise<Answer> {
    let answer = this.#asked.get(secret);
    if (answer === undefined) this.#asked.set(secret, (answer = this.#find(secret)));
    return await answer;
  }

  async #find(secret: Secret): Promise<Answer> {
    const { name, from } = insideOf(secret);
    if (from === undefined) {
      const value = this.#variables[name];
      if (value === undefined) return { why: "the environment variable is not set" };
      return value === "" ? { why: "the environment variable is empty" } : { value };
    }
    try {
      const value: unknown = await from();
      if (typeof value !== "string") return { why: `\`from\` gave ${kindOf(value)}` };
      return value === "" ? { why: "`from` gave an empty text" } : { value };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : describe(cause);
      return { why: `\`from\` broke down: ${why}`, cause };
    }
  }
}

/** What a value is, and nothing of it: it may be the secret in another form. */
function kindOf(value: unknown): string {
  return value === null || value === undefined
    ? String(value)
    : `something of type ${typeof value}`;
}

function unset(
  stage: string,
  secret: Secret,
  answer: { readonly why: string; readonly cause?: unknown },
): BuildError {
  const { name, from } = insideOf(secret);
  return secretUnset({ stage, secret: name, isVariable: from === undefined, ...answer });
}

/** Why a value cannot be used, if it cannot. */
function unfitness(value: string): string | undefined {
  if (value.includes("\0")) return "it holds a NUL, which no argument or variable can";
  if (Buffer.byteLength(coreOf(value)) >= minSecretBytes) return undefined;
  return `it has fewer than ${minSecretBytes} bytes, and would be found everywhere in what commands print`;
}
