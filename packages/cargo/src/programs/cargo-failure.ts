/**
 * Why cargo failed, from what it and its tests printed, and what to do about it.
 *
 * All of that is in the log already. This finds the lines that matter, and adds what cargo cannot know.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import { knownHint, type KnownOfWorkspace } from "./known-hints.ts";
import { compare } from "./tree.ts";

/** A cargo command that did not succeed. */
export interface FailedCommand {
  readonly args: readonly string[];
  readonly exitCode: number;
  /** Lines, in the order in which they came. */
  readonly said: readonly string[];
}

/** More names of tests than that are left to the log. */
const SHOWN_TESTS = 20;

/** Words of shells and programs that could not start another one, or open a file. */
const LACKS_PROGRAM = /command not found|: not found$|No such file or directory|kind: NotFound/m;

const programsHint =
  "Programs that tests start must be among the `tools` of the stage, `unixTools` for the usual ones; files must be among the sources";

/** Makes the failure of a command. `hint` is for one that nothing more is known of. */
export function cargoFailure(
  { args, exitCode, said }: FailedCommand,
  locals: KnownOfWorkspace,
  hint?: string,
): Failure {
  const command = `\`cargo ${args.join(" ")}\``;
  const failed = failedTests(said);
  if (failed.length > 0) {
    const names = failed.slice(0, SHOWN_TESTS).join(", ");
    const more = failed.length > SHOWN_TESTS ? `, and ${failed.length - SHOWN_TESTS} more` : "";
    const count = failed.length === 1 ? "1 test" : `${failed.length} tests`;
    const lacks = LACKS_PROGRAM.test(said.join("\n"));
    return new Failure(`${count} failed: ${names}${more}`, {
      exitCode,
      hint: `what they printed is above; this was ${command}${lacks ? `. ${programsHint}` : ""}`,
    });
  }
  const known = knownHint(said.join("\n"), locals) ?? hint;
  return new Failure(`${command} ended with exit code ${exitCode}`, {
    exitCode,
    ...(known !== undefined && { hint: known }),
  });
}

/**
 * Names of the tests that failed, as the standard test harness and nextest print them, sorted: tests run in threads.
 * Nextest runs the harness for each test, and shows what it printed moved to the right.
 */
export function failedTests(lines: readonly string[]): readonly string[] {
  const names = lines.flatMap(
    (line) => (harnessFailure.exec(line) ?? nextestFailure.exec(line))?.[1] ?? [],
  );
  return [...new Set(names)].toSorted(compare);
}

const harnessFailure = /^test (.+?)(?: - should panic)? \.\.\. FAILED$/;

/** `FAIL [   0.010s] (2/3) <binary> <test>`, also after retries, out of time, or ended by a signal. */
const nextestFailure =
  /^ *(?:TRY \d+ )?(?:FAIL|TIMEOUT|ABORT|SIG[A-Z]+|TMT|LEAK-FAIL|XFAIL) \[[^\]]*\] +(?:\( *\d+\/\d+\) )?(\S+ .+)$/;
