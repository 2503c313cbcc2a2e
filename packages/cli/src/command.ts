/**
 * Commands: what each is, for the program, for its help, and for completion.
 *
 * @module
 */
import type { ExitCode } from "./exit-code.ts";
import type { Options } from "./options.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command does. It may throw a `BuildError`, which is shown, and becomes the exit code. */
export type Run = (
  words: readonly string[],
  options: Options,
  surroundings: Surroundings,
) => Promise<ExitCode>;

/** A word that a command takes. */
export interface WordSpec {
  /** As it stands in the help: `target`. */
  readonly name: string;
  readonly about: string;
  readonly isRequired?: boolean;
  /** Whether there may be several. Only of the last one. */
  readonly isMany?: boolean;
}

/** An option that a command takes. */
export interface OptionSpec {
  /** As commander reads it: `-j, --slots <n>`. */
  readonly flags: string;
  readonly about: string;
  /** The words that it may be given. */
  readonly choices?: readonly string[];
  /** Whether it may be given several times. */
  readonly isMany?: boolean;
}

/** A command of the program. */
export interface CommandSpec {
  /** Two words stand for a command below another one: `cache explain`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly about: string;
  /** What else there is to say, for its own help. */
  readonly more?: string;
  readonly words: readonly WordSpec[];
  readonly options: readonly OptionSpec[];
  /** Loads what it does. Only the command that is run is loaded. */
  readonly load: () => Promise<{ readonly run: Run }>;
}
