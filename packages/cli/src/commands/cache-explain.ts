/**
 * `ashlar cache explain [names]`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { DiskStore, type StageForecast } from "@ashlar/core";

import { makeColors, wantsColor, type Colors } from "../colors.ts";
import type { Run } from "../command.ts";
import { commandLine } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { compareStages, type StageComparison } from "../explaining/compare-stages.ts";
import { explainStage, type ExplainedStage } from "../explaining/explained-stage.ts";
import { stageLines } from "../explaining/stage-lines.ts";
import { openSession, storeOrigin, type Session } from "../session.ts";
import { stagesCalled } from "../targets/called.ts";

/** What `ashlar cache explain --json` prints, and `--against` reads. */
export interface JsonCache {
  readonly version: 1;
  readonly store: {
    /** Absent of a store that is no directory. */
    readonly directory?: string;
    /** What has named it. */
    readonly from: string;
  };
  readonly runner: { readonly name: string; readonly hermeticity: string };
  readonly stages: readonly ExplainedStage[];
}

/** Says where results are looked for, and what decides whether they are found. */
export const run: Run = async (names, options, surroundings) => {
  const { cwd, env, out } = surroundings;
  const there = options.against === undefined ? undefined : readOther(options.against, cwd);
  await using session = await openSession(options, surroundings);
  const { coming, stages } = await stagesCalled(names, session);
  const explained: ExplainedStage[] = [];
  for (const each of stages) {
    const one = await explainStage(coming, each, session.store);
    if (one !== undefined) explained.push(one);
  }
  const place = storeOrigin(options, surroundings, session.file);
  const { store } = session;
  const { name, hermeticity } = (await session.ready()).runner;
  const whole: JsonCache = {
    version: 1,
    store: { ...(store instanceof DiskStore && { directory: store.directory }), from: place },
    runner: { name, hermeticity },
    stages: explained,
  };
  const colors = makeColors(wantsColor(out, env, options.color));
  const print = (lines: readonly string[]): void => out.write(`${lines.join("\n")}\n`);
  if (there !== undefined) {
    const wanted = new Set(explained.map(({ stage }) => stage));
    const others = there.stages.filter(({ stage }) => names.length === 0 || wanted.has(stage));
    const compared = compareStages(explained, others);
    if (options.json === true) out.write(`${JSON.stringify({ stages: compared })}\n`);
    else print(comparisonLines(compared, colors));
  } else if (options.json === true) out.write(`${JSON.stringify(whole)}\n`);
  else if (names.length === 0) print(overviewLines(whole, session, stages, colors));
  else print([...explained.map((each) => `${stageLines(each, colors).join("\n")}\n`), rest]);
  return exitCode.succeeded;
};

/** What people look for in such lists, and which is not there. */
const rest =
  "nothing else counts: no order, time limit, retry, absolute path, clock, user or name of a stage";

function overviewLines(
  { store, runner }: JsonCache,
  { file }: Session,
  stages: readonly StageForecast[],
  colors: Colors,
): readonly string[] {
  const of = (status: StageForecast["status"]): readonly StageForecast[] =>
    stages.filter((each) => each.status === status);
  const hits = of("hit");
  const others = stages.filter(({ status }) => status !== "hit").slice(0, maxListed);
  const width = Math.min(40, Math.max(0, ...others.map(({ stage }) => stage.length)));
  const left = stages.length - hits.length - others.length;
  const [example] = others.length > 0 ? others : stages;
  return [
    `results   ${store.directory ?? "a store of its own"}, named by ${store.from}`,
    `runner    ${runner.name}/${runner.hermeticity}`,
    `stages    ${stages.length} in ${file.shown}: ${hits.length} found, ${of("run").length} not found, ${of("unknown").length} not known before others have run`,
    ...others.map(({ stage, status, reason }) => {
      const paint = status === "run" ? colors.yellow : colors.cyan;
      return `  ${paint(status.padEnd(7))}  ${stage.padEnd(width)}  ${reason}`.trimEnd();
    }),
    ...(left > 0 ? [`  … and ${left} more`] : []),
    ...(example === undefined
      ? []
      : [`all that decides about one: ashlar cache explain ${example.stage}`]),
  ];
}

/** Stages that an overview lists. */
const maxListed = 20;

function comparisonLines(compared: readonly StageComparison[], colors: Colors): readonly string[] {
  const width = Math.min(40, Math.max(0, ...compared.map(({ stage }) => stage.length)));
  return compared.flatMap(({ stage, verdict, differences }) => {
    const isFine = verdict === "same key" && differences.length === 0;
    const paint = isFine ? colors.dim : verdict === "same so far" ? colors.cyan : colors.yellow;
    return [`${stage.padEnd(width)}  ${paint(verdict)}`, ...differences.map((each) => `  ${each}`)];
  });
}

/** @throws {@link BuildError} `COMMAND_LINE` when it cannot be read, or is something else. */
function readOther(path: string, cwd: string): JsonCache {
  try {
    const other = JSON.parse(readFileSync(resolve(cwd, path), "utf8")) as JsonCache;
    if ((other.version as number) === 1 && Array.isArray(other.stages)) return other;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw commandLine(`\`--against ${path}\` cannot be read: ${reason}`, advice);
  }
  throw commandLine(`\`--against ${path}\` is something else`, advice);
}

const advice = "write it on the other machine: `ashlar cache explain --json > there.json`";
