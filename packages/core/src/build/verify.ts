/**
 * Verifying: is every result what its command would give now?
 *
 *     build ─▶ each command once more, in another place ─▶ same bytes?
 *
 * A result stands for all later runs of its command. That is right only for commands whose outputs follow
 * from what is in their key: no clock, no random numbers, no order of a directory listing.
 *
 * @module
 */
import { closest } from "../base/closest.ts";
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { callsBelow } from "../graph/closure.ts";
import { checkPlaces } from "../runner/placement.ts";
import type { Runner } from "../runner/runner.ts";
import { Recheck, type OutputDifference, type StageVerification } from "../schedule/recheck.ts";
import { runBuild, type BuildOptions } from "./build.ts";
import { checkRunner, checkTargets, type Targets } from "./ground.ts";
import type { Report } from "./report.ts";

/** How to verify. */
export interface VerificationOptions extends BuildOptions {
  /**
   * Where the second runs take place. It must have the same platform, or keys would not mean the same.
   *
   * @defaultValue the runner itself, which gives every run a new place
   */
  readonly elsewhere?: Runner;
  /** Names of the stages to run once more. @defaultValue all that the targets stand on */
  readonly stages?: readonly string[];
}

/** What came of running commands once more. */
export class Verification {
  /** True when each second run gave what the first did. */
  readonly ok: boolean;
  /** The actions that were run once more, or left out, in the order in which that was over. */
  readonly stages: readonly StageVerification[];
  /** The build that gave the first results, or found them. */
  readonly report: Report;

  constructor(stages: readonly StageVerification[], report: Report) {
    this.ok = stages.every(({ outcome }) => outcome === "same" || outcome === "left-out");
    this.stages = stages;
    this.report = report;
  }

  /** A line for each action, and one for each difference. */
  toString(): string {
    const width = Math.max(...this.stages.map(({ name }) => name.length), 0);
    return this.stages
      .flatMap(({ name, outcome, differences, error, reason }) => [
        `${name.padEnd(width)}  ${outcome.replace("-", " ")}${reason === undefined ? "" : `: ${reason}`}`,
        ...(error === undefined ? [] : [`  ${error.message}`]),
        ...differences.map((difference) => `  ${differenceText(difference)}`),
      ])
      .join("\n");
  }
}

/**
 * Builds targets, and runs each command that they stand on once more, in another place, to see whether it
 * gives the same bytes. Results stay as they are, and what is made of them is made of the first ones.
 *
 * Commands with side effects, and those with caches, are left out.
 *
 * @throws {@link BuildError} as `build` does; `INVALID_OPTION` for the name of a stage that is not there, or
 *   a runner of another platform.
 * @example
 * ```ts
 * const verification = await verify(app, { runner: localRunner() });
 * if (!verification.ok) console.error(String(verification));
 * ```
 */
export async function verify(
  targets: Targets,
  options: VerificationOptions,
): Promise<Verification> {
  checkRunner(options);
  const { elsewhere, stages, runner } = options;
  const calls = callsBelow(checkTargets(targets));
  const names = new Set(calls.map(({ name }) => name));
  const stray = stages?.find((name) => !names.has(name));
  if (stray !== undefined) {
    const guess = closest(stray, [...names]);
    const wanted = guess === undefined ? "the name of a stage" : `\`${guess}\`, perhaps`;
    throw invalidOption("stages", describe(stray), wanted);
  }
  const isElsewhereFit =
    elsewhere === undefined ||
    JSON.stringify(elsewhere.platform) === JSON.stringify(runner.platform);
  if (!isElsewhereFit) {
    throw invalidOption("elsewhere", elsewhere.name, "a runner of the same platform as `runner`");
  }
  if (elsewhere !== undefined) checkPlaces(calls, elsewhere);
  const recheck = new Recheck(elsewhere, stages);
  const report = await runBuild(targets, options, { isTraced: false, recheck });
  report.throwIfFailed();
  return new Verification(recheck.stages, report);
}

function differenceText({ output, path, what, byte }: OutputDifference): string {
  const place = path === "" ? output : `${output}/${path}`;
  switch (what) {
    case "content":
      return `${place}: differs from byte ${byte} on`;
    case "exec bit":
      return `${place}: one is executable, the other is not`;
    case "extra":
      return `${place}: only the second run wrote it`;
    case "kind":
      return `${place}: it is another kind of entry`;
    case "link target":
      return `${place}: the link leads elsewhere`;
    case "missing":
      return `${place}: only the first run wrote it`;
  }
}
