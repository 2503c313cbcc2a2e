/**
 * Why cargo failed, from what it and its tests printed, and what to do about it.
 *
 * All of that is in the log already. This finds the lines that matter, and adds what cargo cannot know.
 *
 * @module
 */
import { relative, resolve } from "node:path";

import { Failure } from "./failure.ts";
import { globOf } from "./glob-of.ts";
import type { Locals } from "./locals.ts";
import { nearest } from "./nearest.ts";
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

/** Words of tools that found no network. */
const NO_NETWORK =
  /could not resolve host|failed to lookup address|temporary failure in name resolution|network is unreachable|name or service not known|dns error/i;

/** Words of shells and programs that could not start another one, or open a file. */
const LACKS_PROGRAM = /command not found|: not found$|No such file or directory|kind: NotFound/m;

const programsHint =
  "Programs that tests start must be among the `tools` of the stage, `unixTools` for the usual ones; files must be among the sources";

/** Makes the failure of a command. `hint` is for one that nothing more is known of. */
export function cargoFailure(
  { args, exitCode, said }: FailedCommand,
  locals: Pick<Locals, "packages">,
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

function knownHint(text: string, { packages }: Pick<Locals, "packages">): string | undefined {
  const unknownPackage = /package ID specification `([^`]+)` did not match any packages/.exec(text);
  if (unknownPackage?.[1] !== undefined) {
    return mean(
      "package",
      unknownPackage[1],
      packages.map(({ name }) => name),
    );
  }
  const unknownFeature =
    /(?:does not contain this feature|do(?:es)? not contain these features|contains? (?:this|these) features?): ([^\s,]+)/.exec(
      text,
    );
  if (unknownFeature?.[1] !== undefined) {
    const features = packages.flatMap((one) => one.features);
    return mean("feature", unknownFeature[1].split("/").at(-1) ?? "", features);
  }
  if (/lock file .* needs to be updated|cannot update the lock file/.test(text)) {
    return "Cargo.lock does not fit the manifests: bring it up to date with `cargo update --workspace`";
  }
  const unread = /couldn't read `([^`]+)`/.exec(text)?.[1];
  if (unread !== undefined) {
    const path = relative(process.cwd(), resolve(unread));
    return path.startsWith("..")
      ? `\`${path}\` is outside of the sources: take a folder that holds it as \`src\``
      : `\`${path}\` is not among the sources: \`.gitignore\`, \`include\` or \`exclude\` keeps it out; add \`${globOf(path)}\` to \`include\``;
  }
  if (/can't find crate for `(?:core|std)`/.test(text)) {
    return "the toolchain has no standard library for this target: `rustup target add <triple>`";
  }
  if (/failed to run custom build command/.test(text) && NO_NETWORK.test(text)) {
    const script = /failed to run custom build command for `([^`]+)`/.exec(text)?.[1] ?? "a crate";
    return `the build script of ${script} wants the network, which stages do not have: fetch the file with \`fetch\`, and tell the script of it by \`env\``;
  }
  return undefined;
}

function mean(what: string, wanted: string, known: readonly string[]): string {
  const guess = nearest(wanted, known);
  const all = [...new Set(known)].toSorted().join(", ") || "none";
  return guess === undefined
    ? `there is no ${what} \`${wanted}\`; there are: ${all}`
    : `there is no ${what} \`${wanted}\`; did you mean \`${guess}\`?`;
}
