/**
 * Why cargo failed, from what it and its tests printed, and what to do about it.
 *
 * All of that is in the log already. This finds the lines that matter, and adds what cargo cannot know.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import type { Locals } from "./locals.ts";
import { nearest } from "./nearest.ts";

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
    return new Failure(`${count} failed: ${names}${more}`, {
      exitCode,
      hint: `what they printed is above; this was ${command}`,
    });
  }
  const known = knownHint(said.join("\n"), locals) ?? hint;
  return new Failure(`${command} ended with exit code ${exitCode}`, {
    exitCode,
    ...(known !== undefined && { hint: known }),
  });
}

/** Names of the tests that failed, as the standard test harness prints them. */
export function failedTests(lines: readonly string[]): readonly string[] {
  const names = lines.flatMap(
    (line) => /^test (.+?)(?: - should panic)? \.\.\. FAILED$/.exec(line)?.[1] ?? [],
  );
  return [...new Set(names)];
}

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
