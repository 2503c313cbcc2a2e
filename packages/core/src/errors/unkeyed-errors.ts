/**
 * The wording of errors about what commands see and no key holds: volatile values, secrets, caches.
 *
 * A secret's name may be said, its value never.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";
import { invalidOption } from "./catalogue.ts";

/** Something that is no value was marked as volatile. */
export function volatileValue(found: string): BuildError {
  return invalidOption(
    "volatile",
    found,
    'a string or a number; where there may be none, say what stands for it: `?? ""`',
  );
}

/** A secret was joined with text by JavaScript, where it cannot be recognised any more. */
export function secretAsText(secret: string): BuildError {
  return new BuildError({
    code: "NOT_INTERPOLABLE",
    message: `secret \`${secret}\` cannot be made into a text`,
    hint: "let it be a hole of the command, beside other text or holes; for a variable, join the parts in `from`",
  });
}

/** The first word of a command is a secret, or has one in it. */
export function secretProgram(): BuildError {
  return new BuildError({
    code: "TEMPLATE_SYNTAX",
    message: "the program that a command starts with cannot be a secret",
    hint: "hand it over as a variable or an argument of a program",
  });
}

/** A command must run, and a secret that it needs has no value. */
export function secretUnset(seen: {
  readonly stage: string;
  readonly secret: string;
  /** Why there is none: `the environment variable is not set`. */
  readonly why: string;
  /** Whether the value would have come from the environment variable of its name. */
  readonly isVariable: boolean;
  readonly cause?: unknown;
}): BuildError {
  const { stage, secret, why, isVariable, cause } = seen;
  return new BuildError({
    code: "SECRET_UNSET",
    message: `stage \`${stage}\` must run, and its secret \`${secret}\` has no value`,
    facts: { reason: why },
    hint: isVariable
      ? `set the environment variable \`${secret}\` of the process that builds, or say with \`from\` where the value is`
      : "see what the secret's `from` needs; earlier results need no secrets, so only what runs anew asks for it",
    cause,
  });
}

/** A secret has a value that cannot be kept secret, or handed over. */
export function secretUnfit(stage: string, secret: string, why: string): BuildError {
  return new BuildError({
    code: "SECRET_UNFIT",
    message: `stage \`${stage}\` must run, and the value of its secret \`${secret}\` cannot be used`,
    facts: { reason: why },
    hint: "give it a proper value; if it is none that matters, it need not be a secret",
  });
}

/** What a command wrote holds the value of a secret. */
export function secretInOutput(seen: {
  readonly stage: string;
  readonly secret: string;
  /** Path in the input root, as far as it is known. */
  readonly path: string | undefined;
}): BuildError {
  const { stage, secret, path } = seen;
  const what = path === undefined ? "something" : `\`${path}\`, which`;
  return new BuildError({
    code: "SECRET_IN_OUTPUT",
    message: `stage \`${stage}\` wrote ${what} ${path === undefined ? "that " : ""}holds the value of secret \`${secret}\``,
    facts: { output: path, secret },
    hint: "nothing of it was kept; have the command write it elsewhere (`HOME`, `TMPDIR`) or not at all, and change the secret if the file may have got around",
  });
}

/** A runner cannot give a command what it asks for. */
export function runnerUnable(stage: string, runner: string, what: string): BuildError {
  return new BuildError({
    code: "RUNNER_UNABLE",
    message: `stage \`${stage}\` needs ${what}, which the ${runner} runner cannot give`,
    hint: "run it on another runner, such as the local one; a remote runner hands it to its `fallback`, if it has one",
  });
}

/** Something else is in the place of a cache. */
export function cacheConflict(
  cache: string,
  path: string,
  other: string,
  otherPath: string,
): BuildError {
  return new BuildError({
    code: "PATH_CONFLICT",
    message: `cache \`${cache}\` at \`${path || "."}\` is not alone in its place`,
    facts: { "there, too": other, at: otherPath || "." },
    hint: "lay the cache where no input and no output is, above or below; an input may be around it, if it has nothing of that name",
  });
}
