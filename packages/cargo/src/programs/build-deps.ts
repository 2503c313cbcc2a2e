/**
 * Program: builds the external crates of a dummy tree, and leaves nothing else.
 *
 * What `deps` holds beside the target directory was built before, by other passes: cargo takes of it what it can use.
 * The result depends on the sources alone: two runs at one place make equal trees, with a seed or without, and with
 * `deps` or without.
 *
 * Parameters: `passes`, lists of arguments for cargo, each run in turn; `target`, the
 * target directory, which is also what comes out (default `../target`); `workspace`
 * (default `.`); `seed`, the folder of what the last run has left (default none); `vendor`, the external crates
 * (default `../vendor`).
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { withOptions } from "./cargo-arguments.ts";
import { withProjectConfig } from "./cargo-config.ts";
import { cargoFailure } from "./cargo-failure.ts";
import { isLocalPackage, parseMessage, type Artifact } from "./cargo-messages.ts";
import { renderExternals } from "./compiled-units.ts";
import { writeMarker } from "./deps-marker.ts";
import { Failure } from "./failure.ts";
import { layOver } from "./lay-over.ts";
import type { Layer } from "./layer.ts";
import { findLocals, keptManifests, type Locals } from "./locals.ts";
import { takeOutwardLinks } from "./outward-links.ts";
import { asArguments, ownSettings } from "./own-settings.ts";
import type { Parameters } from "./parameters.ts";
import { runLines } from "./process.ts";
import { runProgram, say } from "./program.ts";
import { hashesIn, pruneUnused } from "./prune.ts";
import { ownershipOf, purgeLocals } from "./purge.ts";
import { rustcVersion } from "./rustc-version.ts";
import { leaveSeed, seedConditions, takeSeed } from "./seed.ts";
import { forgetTimes } from "./tree.ts";

runProgram(buildDeps);

/** Where cargo compiles what. */
interface Place {
  readonly target: string;
  readonly layer: Layer | undefined;
  readonly locals: Locals;
}

async function buildDeps(parameters: Parameters): Promise<void> {
  const passes = parameters.stringLists("passes");
  const target = parameters.string("target", "../target");
  const seed = parameters.optionalString("seed");
  const asked = rustcVersion();
  const locals = findLocals(parameters.string("workspace", "."));
  const rustc = (await asked).full;
  const conditions =
    seed === undefined
      ? ""
      : seedConditions(locals, rustc, parameters.string("vendor", "../vendor"));
  const isSeeded = seed !== undefined && takeSeed(seed, conditions, target);
  const base = join(dirname(target), "deps");
  const layer = existsSync(base) ? layOver(base, target, isWrittenByScript) : undefined;

  const reported: string[] = [];
  let hasStubs = false;
  for (const pass of passes) {
    const { files, hasLocals } = await runPass(pass, { target, layer, locals });
    reported.push(...files);
    hasStubs ||= hasLocals;
  }
  const purged = existsSync(target) ? purgeLocals(resolve(target), ownershipOf(locals)) : 0;
  if (hasStubs && purged === 0) {
    throw new Failure(`no unit of a local package was found in \`${target}\``, {
      hint: "this cargo may lay out its target directory in another way: please report its version",
    });
  }
  if (isSeeded || layer !== undefined) pruneUnused(target, hashesIn(reported));
  layer?.settle();
  writeMarker(target, { rustc, passes, sources: undefined, links: takeOutwardLinks(target) });
  forgetTimes(target);
  if (seed !== undefined) leaveSeed(seed, conditions, target);
  say(`dependencies built in ${passes.length} passes; ${purged} stubs purged`);
}

/** Cargo notes where the files really are that a crate is made of, so these must be where they seem to be. */
function isWrittenByScript(path: string): boolean {
  return /(^|\/)build\/[^/]+\/out$/.test(path);
}

/** What a run of cargo has made, now or earlier. */
interface Made {
  /** Paths of all that is part of the result. */
  readonly files: readonly string[];
  /** Whether there are stubs among it. A pass may have none: packages need not have a target that is built by it. */
  readonly hasLocals: boolean;
}

/** Runs cargo. */
async function runPass(pass: readonly string[], place: Place): Promise<Made> {
  say(`cargo ${pass.join(" ")}`);
  const first = await runOnce(pass, place);
  const isRefused = first.exitCode !== 0 && place.layer?.hasRefused(first.said) === true;
  if (isRefused) {
    say("cargo writes to what was built before: it is copied, and cargo is started again");
    place.layer.copy();
  }
  const { exitCode, said, artifacts, outDirs } = isRefused ? await runOnce(pass, place) : first;
  if (exitCode !== 0) {
    throw cargoFailure(
      { args: pass, exitCode, said },
      place.locals,
      "local code is stubbed here: only external crates can fail, or a manifest",
    );
  }
  say(renderExternals(artifacts));
  const kept = new Set(keptManifests(place.locals));
  return {
    files: [...artifacts.flatMap(({ files }) => files), ...outDirs],
    hasLocals: artifacts.some(
      ({ packageId, manifest }) => isLocalPackage(packageId) && !kept.has(manifest),
    ),
  };
}

/** How a run of cargo went. */
interface Pass {
  readonly exitCode: number;
  readonly said: readonly string[];
  readonly artifacts: readonly Artifact[];
  /** Of build scripts. */
  readonly outDirs: readonly string[];
}

async function runOnce(args: readonly string[], { target, locals }: Place): Promise<Pass> {
  const said: string[] = [];
  const artifacts: Artifact[] = [];
  const outDirs: string[] = [];
  const format = ["--message-format", "json-render-diagnostics"];
  const words = withOptions(
    withProjectConfig(args, locals),
    ...asArguments(ownSettings(target)),
    ...format,
  );
  const exitCode = await runLines("cargo", words, {
    onLine: (line) => {
      const message = parseMessage(line);
      if (message.kind === "artifact") artifacts.push(message.artifact);
      else if (message.kind === "build-script") outDirs.push(message.outDir);
      else if (message.kind === "text") say(line);
    },
    onErrorLine: (line) => said.push(line),
  });
  return { exitCode, said, artifacts, outDirs };
}
