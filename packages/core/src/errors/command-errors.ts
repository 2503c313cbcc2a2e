/**
 * The wording of errors of commands: as they are described, and as they end.
 *
 * @module
 */
import { closest } from "../base/closest.ts";
import { describe } from "../base/describe.ts";
import { BuildError } from "./build-error.ts";

/** The program that a command starts with cannot be found. */
export function commandNotFound(seen: {
  readonly stage: string;
  readonly program: string;
  /** Names of the declared tools; `undefined` when the command has the system's. */
  readonly tools: readonly string[] | undefined;
}): BuildError {
  const { stage, program, tools } = seen;
  const guess = closest(program, tools ?? []);
  const declare = `declare it: \`tools: [tool.host(${JSON.stringify(program)})]\``;
  return new BuildError({
    code: "COMMAND_NOT_FOUND",
    message: `stage \`${stage}\` starts \`${program}\`, which is not there or not executable`,
    facts: {
      "declared tools": tools === undefined ? "none (the system's)" : tools.join(", ") || "none",
    },
    hint: program.includes("/")
      ? "check the path, which starts at the command's working directory unless it is absolute"
      : guess !== undefined
        ? `did you mean \`${guess}\`? Otherwise ${declare}`
        : tools === undefined
          ? "install it, or check the spelling"
          : declare,
  });
}

/** The working directory of a command is not in its input root. */
export function cwdMissing(stage: string, cwd: string): BuildError {
  return new BuildError({
    code: "CWD_MISSING",
    message: `stage \`${stage}\` starts in \`${cwd}\`, which is not in its input root`,
    facts: { stage, cwd },
    hint: "lay a tree there with `root`, or correct `cwd`",
  });
}

/** A template holds a value that has no text. */
export function notInterpolable(found: unknown): BuildError {
  return new BuildError({
    code: "NOT_INTERPOLABLE",
    message: `a command cannot hold ${describe(found)}`,
    hint: "interpolate strings, numbers, artifacts, outputs, or lists of them; of a stage with several outputs, name the one that you mean",
  });
}

/** A template without words. */
export function noCommand(): BuildError {
  return new BuildError({
    code: "NO_COMMAND",
    message: "a command has no program to start",
    hint: "the first word of the template is the program",
  });
}

/** The body of a stage did not return a command. */
export function stageBody(
  stage: string,
  found: string,
  declaredAt: string | undefined,
): BuildError {
  return new BuildError({
    code: "STAGE_BODY",
    message: `the body of stage \`${stage}\` returned ${found} instead of a command`,
    facts: { "declared at": declaredAt },
    hint: "return what `sh` makes; a body is an ordinary function, not an async one",
  });
}

/** A command ended with a non-zero exit code, or by a signal. */
export function stageFailed(seen: {
  readonly stage: string;
  readonly argv: readonly string[];
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly declaredAt: string | undefined;
  readonly log: readonly string[];
  readonly tools: readonly string[] | undefined;
  /** What it asked for in vain, though it exists: `src/config.h (in the project)`. */
  readonly undeclared?: readonly string[];
  /** Inputs that it tried to change: paths in the input root. */
  readonly readOnly?: readonly string[];
  /** What the runner knows of it. */
  readonly remark?: string | undefined;
}): BuildError {
  const { stage, argv, exitCode, signal, declaredAt, log, tools, remark } = seen;
  const { undeclared = [], readOnly = [] } = seen;
  const how =
    exitCode === undefined ? `was ended by ${signal ?? "a signal"}` : `exited with ${exitCode}`;
  return new BuildError({
    code: "STAGE_FAILED",
    message: `stage \`${stage}\` ${how}`,
    facts: {
      "declared at": declaredAt,
      command: showCommand(argv),
      reason: remark,
      log: log.join("\n") || "(nothing was printed)",
      "not declared": undeclared.length === 0 ? undefined : undeclared.join("\n"),
      "read-only": readOnly.length === 0 ? undefined : readOnly.join("\n"),
    },
    hint:
      undeclared.length > 0
        ? "what is not declared is not there for a command: make it an input of the stage, or a tool"
        : readOnly.length > 0
          ? "an input is there to be read; lay one that the command changes by `writable(…)` in `root`"
          : exitCode === 127
            ? `127 often means that a command was not found; declared tools: ${tools?.join(", ") ?? "the system's"}`
            : "see the end of its log above; `report.log` has all of it",
  });
}

/** A stage has no proper name. */
export function stageName(found: string): BuildError {
  return new BuildError({
    code: "STAGE_NAME",
    message: `the name of a stage is ${found}`,
    hint: "give it a short name for people, such as `compile`",
  });
}

/** A command ran longer than it may. */
export function stageTimedOut(seen: {
  readonly stage: string;
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  readonly declaredAt: string | undefined;
  readonly log: readonly string[];
}): BuildError {
  return new BuildError({
    code: "STAGE_TIMED_OUT",
    message: `stage \`${seen.stage}\` was stopped after ${seen.timeoutMs} ms`,
    facts: {
      "declared at": seen.declaredAt,
      command: showCommand(seen.argv),
      log: seen.log.join("\n") || "(nothing was printed)",
    },
    hint: "raise its `timeoutMs`, or find out what it waits for",
  });
}

/** A template cannot be split into words, or a value be put into a script. */
export function templateSyntax(template: string, why: string): BuildError {
  return new BuildError({
    code: "TEMPLATE_SYNTAX",
    message: `a command template cannot be read: ${why}`,
    facts: { template: template.trim() },
    hint: "`sh` takes a list of arguments, with quotes around those that hold spaces; `sh.bash` takes a script",
  });
}

/** A command as a person would type it. Long ones are cut. */
function showCommand(argv: readonly string[]): string {
  const text = argv.map(showWord).join(" ");
  return text.length > 500 ? `${text.slice(0, 500)} …` : text;
}

/** Between the quotes that leave it as it is, if there are any. */
function showWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return /["$`\\]/.test(word) && !/['\p{Cc}]/u.test(word) ? `'${word}'` : JSON.stringify(word);
}
