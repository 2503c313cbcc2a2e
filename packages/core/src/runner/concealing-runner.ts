/**
 * A runner for one action with secrets: hands their values over, and sees to it that none comes back.
 *
 * Runners cover up what they print and store by themselves (guarantee 13). That is looked after here once
 * more, because a value that got out cannot be called back.
 *
 * @module
 */
import type { BuildError } from "../errors/build-error.ts";
import { secretInOutput } from "../errors/unkeyed-errors.ts";
import type { NameValue } from "../graph/action.ts";
import { GuardedContent } from "../store/guarded-content.ts";
import type { Action, Execution, Hermeticity, RunContext, Runner } from "./runner.ts";
import type { SecretValues } from "./secret-values.ts";

/** Gives an action its secrets, and lets no value of them pass: to the log, the store, or an error. */
export class ConcealingRunner implements Runner {
  readonly name: string;
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  readonly #runner: Runner;
  readonly #secrets: SecretValues;

  /** @param secrets - Those of the action that will be run. */
  constructor(runner: Runner, secrets: SecretValues) {
    this.name = runner.name;
    this.platform = runner.platform;
    this.hermeticity = runner.hermeticity;
    this.#runner = runner;
    this.#secrets = secrets;
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    const secrets = this.#secrets;
    const { patterns } = secrets;
    const refuse = (secret: string, path?: string): BuildError =>
      secretInOutput({ stage: action.name, secret, path });
    const veils = { stdout: secrets.veil(), stderr: secrets.veil() };
    const pass = (stream: "stdout" | "stderr", bytes: Buffer): void => {
      if (bytes.byteLength > 0) context.onLog(stream, bytes);
    };
    try {
      const execution = await this.#runner.run(action, {
        ...context,
        secrets,
        content: new GuardedContent(context.content, patterns, refuse),
        onLog: (stream, chunk) => pass(stream, veils[stream].add(chunk)),
      });
      const { fault, written } = execution;
      return {
        ...execution,
        fault: fault && (secrets.coverError(fault) as BuildError),
        written: written?.map((path) => patterns.coverText(path)),
      };
    } catch (error) {
      throw context.signal.aborted ? error : secrets.coverError(error);
    } finally {
      for (const stream of ["stdout", "stderr"] as const) pass(stream, veils[stream].end());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]();
  }
}

/**
 * The error with the place in the input root where the value of a secret was found: runners know it.
 *
 * @param root - Absolute directory of the input root.
 * @param output - Path of the output.
 */
export function secretFoundIn(
  error: BuildError,
  { name: stage }: Action,
  place: { readonly root: string; readonly output: string },
): BuildError {
  const { secret = "", output = "" } = error.facts;
  const isBelow = output.startsWith(`${place.root}/`);
  const path = isBelow ? output.slice(place.root.length + 1) : place.output;
  return secretInOutput({ stage, secret, path });
}
