/**
 * Running cargo on real sources, in a target directory that others have filled.
 *
 * What was filled by others lies in the directory itself, or beside it in `deps`, to be linked.
 *
 * Before: local units of other sources are purged. After: what cargo reports is checked
 * against what the directory may have held, and the marker says what it holds now.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { reportsUnits, withOptions } from "./cargo-arguments.ts";
import { withProjectConfig } from "./cargo-config.ts";
import { cargoFailure } from "./cargo-failure.ts";
import { type Artifact, parseMessage } from "./cargo-messages.ts";
import { renderUnits } from "./compiled-units.ts";
import { type DepsMarker, readMarker, writeMarker } from "./deps-marker.ts";
import { takeAnswers } from "./early-answers.ts";
import { Failure } from "./failure.ts";
import { differencesOf, unitsOf, type KnownUnits } from "./fingerprints.ts";
import { judgeFreshness } from "./freshness.ts";
import { hashInner, innerPackages } from "./inner.ts";
import { layOver } from "./lay-over.ts";
import type { Layer } from "./layer.ts";
import { findLocals, keptManifests, type Locals } from "./locals.ts";
import { lostFiles } from "./lost-files.ts";
import { restoreLinks, takeOutwardLinks } from "./outward-links.ts";
import { asArguments, ownSettings, ownVariables } from "./own-settings.ts";
import { type Environment, runLines } from "./process.ts";
import { say } from "./program.ts";
import { ownershipOf, purgeLocals } from "./purge.ts";
import { REASONS_ENV, RebuildReasons } from "./rebuild-reasons.ts";
import { rustcVersion } from "./rustc-version.ts";
import { forgetRun } from "./target-directory.ts";
import { hashTree } from "./tree.ts";
import { unlistedFiles } from "./unlisted-files.ts";
import { upliftedFiles } from "./uplifted.ts";

/** A target directory in use, and what it held when it came. */
export interface Consumer {
  /** As cargo is told. */
  readonly target: string;
  readonly locals: Locals;
  /** What the directory's units are made of; undefined when nobody has said. */
  readonly inherited: DepsMarker | undefined;
  /** Manifests of the packages that have units there though others have not. */
  readonly inner: readonly string[];
  /** What it will hold. */
  readonly marker: DepsMarker;
  /** What of it lies in another directory. */
  readonly layer: Layer | undefined;
}

/**
 * Takes over a target directory for the sources in the working directory, until this process ends: then all
 * that is only linked is taken out of it.
 *
 * @throws {@link Failure} when another compiler has filled it.
 */
export async function takeOver(target: string, workspace: string): Promise<Consumer> {
  const asked = rustcVersion();
  const locals = findLocals(workspace);
  const sources = hashTree(locals.tree);
  const rustc = (await asked).full;
  const base = join(dirname(target), "deps");
  const below = readMarker(base);
  const own = readMarker(target);
  for (const marker of [below, own]) {
    if (marker !== undefined && marker.rustc !== rustc) throw otherCompiler(marker, rustc);
  }
  const hasInner = own?.inner !== undefined && own.inner === hashInner(locals);
  const isForeign = own?.inner === undefined ? isOther(own?.sources, sources) : !hasInner;
  let unfit: string | undefined;
  if (isForeign) unfit = unitsOfOthers(own);
  else if (own?.sources !== undefined) unfit = unitsOfLostFiles(target, locals);
  if (unfit !== undefined) {
    say(unfit);
    purgeLocals(resolve(target), ownershipOf(locals));
  }
  const layer = below === undefined ? undefined : layOver(base, target, upliftedFiles(locals));
  restoreLinks(target, { ...below?.links, ...own?.links });
  process.once("exit", () => {
    layer?.remove();
    if (existsSync(target)) leave(target);
  });
  await takeAnswers(target);
  const passes = (below ?? own)?.passes ?? [];
  const inherited = below ?? own;
  return {
    target,
    locals,
    inner: hasInner ? innerPackages(locals).map(({ manifest }) => manifest) : [],
    marker: { rustc, passes, sources },
    inherited: inherited && {
      rustc,
      passes,
      sources: unfit === undefined ? own?.sources : undefined,
    },
    layer,
  };
}

function unitsOfOthers(own: DepsMarker | undefined): string {
  const what = own?.inner === undefined ? "sources" : "sources or variables";
  return `the inherited target directory holds units of other ${what}: they are purged`;
}

/** Why units of these sources are not fit either: their build scripts would not run again. */
function unitsOfLostFiles(target: string, locals: Locals): string | undefined {
  const [lost] = lostFiles(target, locals);
  return lost === undefined
    ? undefined
    : `a build script wrote \`${lost}\` among the sources, where nothing is kept: local code is compiled again`;
}

/** Takes out of a target directory what cannot be kept, or is another each time. */
function leave(target: string): void {
  forgetRun(target);
  const links = takeOutwardLinks(target);
  const marker = readMarker(target);
  if (marker !== undefined) writeMarker(target, { ...marker, links });
}

/** Whether local units are of other sources, if there are any. */
function isOther(inherited: string | undefined, sources: string): boolean {
  return inherited !== undefined && inherited !== sources;
}

/** What a run of cargo is given besides its arguments, and who hears of what it prints. */
export interface RunOptions {
  readonly env?: Environment;
  /** As `--config` takes them. */
  readonly settings?: readonly string[];
  /** Whether the command is not cargo's own, and gets no arguments but those that were written. */
  readonly isForeign?: boolean;
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
  options: RunOptions = {},
): Promise<readonly Artifact[]> {
  const first = await runOnce(consumer, args, options);
  const isRefused = first.exitCode !== 0 && consumer.layer?.hasRefused(first.said) === true;
  if (isRefused) {
    say("cargo writes to what was built before: it is copied, and cargo is started again");
    consumer.layer.copy();
  }
  const run = isRefused ? await runOnce(consumer, args, options) : first;
  const { exitCode, artifacts, said, evidence } = run;
  check(consumer, artifacts, args, evidence);
  if (reportsUnits(args)) say(renderUnits(artifacts));
  // Before a failure, too: tests may have failed for such a file.
  for (const sentence of unlistedFiles(consumer.target, consumer.locals)) {
    say(`warning: ${sentence}`);
  }
  if (exitCode !== 0) throw cargoFailure({ args, exitCode, said }, consumer.locals);
  if (existsSync(consumer.target)) writeMarker(consumer.target, consumer.marker);
  return artifacts;
}

/** How a run of cargo went. */
interface CargoRun {
  readonly exitCode: number;
  readonly artifacts: readonly Artifact[];
  readonly said: readonly string[];
  readonly evidence: Evidence;
}

async function runOnce(
  { target, locals }: Consumer,
  args: readonly string[],
  { env = {}, settings = [], isForeign = false, onLine, onErrorLine }: RunOptions,
): Promise<CargoRun> {
  const artifacts: Artifact[] = [];
  const said: string[] = [];
  const log = new RebuildReasons();
  const before = unitsOf(target);
  const options = [...asArguments([...ownSettings(target), ...settings])];
  if (reportsUnits(args)) options.push("--message-format", "json-render-diagnostics");
  const exitCode = await runLines(
    "cargo",
    isForeign ? args : withOptions(withProjectConfig(args, locals), ...options),
    {
      env: { ...REASONS_ENV, ...(isForeign && ownVariables(target)), ...env },
      onLine: (line) => {
        const message = parseMessage(line);
        if (message.kind === "artifact") artifacts.push(message.artifact);
        else if (message.kind === "text") {
          // With all else that is for people: on two streams, nobody knows what came when.
          say(line);
          said.push(line);
          onLine?.(line);
        }
      },
      onErrorLine: (line) => {
        if (log.take(line)) return false;
        said.push(line);
        onErrorLine?.(line);
        return true;
      },
    },
  );
  return { exitCode, artifacts, said, evidence: { log, before } };
}

/** What cargo said of its reasons, and the units that were there before. */
interface Evidence {
  readonly log: RebuildReasons;
  readonly before: KnownUnits;
}

function check(
  { target, locals, inherited, inner }: Consumer,
  artifacts: readonly Artifact[],
  args: readonly string[],
  { log, before }: Evidence,
): void {
  const { stale, rebuilt } = judgeFreshness(artifacts, {
    kept: new Set([...keptManifests(locals), ...inner]),
    hasLocals: inherited?.sources !== undefined,
  });
  if (stale.length > 0) {
    throw new Failure(`cargo took local units that are not of these sources: ${stale.join(", ")}`, {
      hint: "the inherited target directory holds stubs or old code: build the dependencies again",
    });
  }
  // Who inherits nothing compiles everything, and knows it.
  if (inherited === undefined) return;
  const reasons = log.reasons();
  const external = new Set(rebuilt);
  for (const [title, some] of reasons) {
    if (!external.has(title)) say(`rebuilt: ${title}: ${some.join("; ")}`);
  }
  if (rebuilt.length === 0) return;
  for (const title of rebuilt) {
    say(`warning: external rebuilt: ${title}`);
    const known = reasons.get(title) ?? differencesOf(nameIn(title), target, before);
    for (const reason of known) say(`  because ${reason}`);
  }
  say(`hint: this was \`cargo ${args.join(" ")}\`, but the dependencies were built with`);
  for (const pass of inherited.passes) say(`  cargo ${pass.join(" ")}`);
}

function nameIn(title: string): string {
  return title.split(" ", 1).join("");
}

function otherCompiler(inherited: DepsMarker, rustc: string): Failure {
  const [theirs = "none", ours = "none"] = [inherited.rustc, rustc].map((text) =>
    text.split("\n", 1).join(""),
  );
  return new Failure(`the inherited target directory was filled by ${theirs}, this is ${ours}`, {
    hint: "use one toolchain for the dependencies and for all that is built on them",
  });
}
