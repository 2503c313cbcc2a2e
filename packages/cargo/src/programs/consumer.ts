/**
 * Running cargo on real sources, in a target directory that others have filled.
 *
 * Before: local units of other sources are purged. After: what cargo reports is checked
 * against what the directory may have held, and the marker says what it holds now.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { reportsUnits, withOptions } from "./cargo-arguments.ts";
import { cargoFailure } from "./cargo-failure.ts";
import { type Artifact, parseMessage } from "./cargo-messages.ts";
import { renderUnits } from "./compiled-units.ts";
import { type DepsMarker, readMarker, writeMarker } from "./deps-marker.ts";
import { Failure } from "./failure.ts";
import { judgeFreshness } from "./freshness.ts";
import { findLocals, type Locals } from "./locals.ts";
import { type Environment, runLines } from "./process.ts";
import { say } from "./program.ts";
import { ownershipOf, purgeLocals } from "./purge.ts";
import { rustcVersion } from "./rustc-version.ts";
import { hashTree } from "./tree.ts";

/** A target directory in use, and what it held when it came. */
export interface Consumer {
  /** As cargo is told. */
  readonly target: string;
  readonly locals: Locals;
  /** What the directory's units are made of; undefined when nobody has said. */
  readonly inherited: DepsMarker | undefined;
  /** What it will hold. */
  readonly marker: DepsMarker;
}

/**
 * Takes over a target directory for the sources in the working directory.
 *
 * @throws {@link Failure} when another compiler has filled it.
 */
export function takeOver(target: string, workspace: string): Consumer {
  const locals = findLocals(workspace);
  const inherited = readMarker(target);
  const rustc = rustcVersion().full;
  const sources = hashTree(locals.tree);
  if (inherited !== undefined && inherited.rustc !== rustc) throw otherCompiler(inherited, rustc);

  const isForeign = inherited?.sources !== undefined && inherited.sources !== sources;
  if (isForeign) {
    say("the inherited target directory holds units of other sources: they are purged");
    purgeLocals(resolve(target), ownershipOf(locals));
  }
  const marker = { rustc, passes: inherited?.passes ?? [], sources };
  return {
    target,
    locals,
    marker,
    inherited: isForeign ? { ...inherited, sources: undefined } : inherited,
  };
}

/** What a run of cargo is given besides its arguments, and who hears of what it prints. */
export interface RunOptions {
  readonly env?: Environment;
  /** Takes each line of standard output that is no message of cargo. */
  readonly onLine?: (line: string) => void;
  /** Takes each line of standard error. */
  readonly onErrorLine?: (line: string) => void;
}

/**
 * Runs cargo, letting through what it and its tests print, and checks what it reports.
 *
 * @returns the units that cargo reported.
 * @throws {@link Failure} when cargo fails, or when it took a local unit that is not of
 *   these sources.
 */
export async function runCargo(
  consumer: Consumer,
  args: readonly string[],
  { env = {}, onLine, onErrorLine }: RunOptions = {},
): Promise<readonly Artifact[]> {
  const artifacts: Artifact[] = [];
  const said: string[] = [];
  const options = reportsUnits(args) ? ["--message-format", "json-render-diagnostics"] : [];
  const exitCode = await runLines("cargo", withOptions(args, ...options), {
    env: { CARGO_TARGET_DIR: consumer.target, ...env },
    onLine: (line) => {
      const message = parseMessage(line);
      if (message.kind === "artifact") artifacts.push(message.artifact);
      else if (message.kind === "text") {
        process.stdout.write(`${line}\n`);
        said.push(line);
        onLine?.(line);
      }
    },
    onErrorLine: (line) => {
      said.push(line);
      onErrorLine?.(line);
    },
  });
  check(consumer, artifacts, args);
  if (reportsUnits(args)) say(renderUnits(artifacts));
  if (exitCode !== 0) throw cargoFailure({ args, exitCode, said }, consumer.locals);
  if (existsSync(consumer.target)) writeMarker(consumer.target, consumer.marker);
  return artifacts;
}

function check(
  { locals, inherited }: Consumer,
  artifacts: readonly Artifact[],
  args: readonly string[],
): void {
  const kept = locals.packages.filter(({ isKept }) => isKept).map(({ manifest }) => manifest);
  const { stale, rebuilt } = judgeFreshness(artifacts, {
    kept: new Set(kept),
    hasLocals: inherited?.sources !== undefined,
  });
  if (stale.length > 0) {
    throw new Failure(`cargo took local units that are not of these sources: ${stale.join(", ")}`, {
      hint: "the inherited target directory holds stubs or old code: build the dependencies again",
    });
  }
  // Who inherits nothing compiles everything, and knows it.
  if (inherited === undefined || rebuilt.length === 0) return;
  for (const title of rebuilt) say(`warning: external rebuilt: ${title}`);
  say(`hint: this was \`cargo ${args.join(" ")}\`, but the dependencies were built with`);
  for (const pass of inherited.passes) say(`  cargo ${pass.join(" ")}`);
}

function otherCompiler(inherited: DepsMarker, rustc: string): Failure {
  const [theirs = "none", ours = "none"] = [inherited.rustc, rustc].map((text) =>
    text.split("\n", 1).join(""),
  );
  return new Failure(`the inherited target directory was filled by ${theirs}, this is ${ours}`, {
    hint: "use one toolchain for the dependencies and for all that is built on them",
  });
}
