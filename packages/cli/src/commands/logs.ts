/**
 * `ashlar logs TARGET`.
 *
 * @module
 */
import type { ActionKey, Digest, Store } from "@ashlar/core";

import { makeColors, wantsColor } from "../colors.ts";
import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { readLastBuild, type LastStage } from "../last-build.ts";
import { openSession } from "../session.ts";
import { shownCount } from "../shown.ts";
import { stagesCalled } from "../targets/called.ts";

/** What a stage printed. */
interface StageLog {
  readonly stage: string;
  readonly outcome: string;
  readonly text: string;
}

/** Prints what the stages of a target, or one stage, printed when they last ran, failed ones included. */
export const run: Run = async ([name = ""], options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { stages } = await stagesCalled([name], session);
  const last = readLastBuild(session.store, session.file.path);
  const logs: StageLog[] = [];
  for (const { stage, key, status } of stages) {
    const now =
      status === "hit" && key !== undefined ? await resultLog(session.store, key) : undefined;
    if (now !== undefined) {
      logs.push({ stage, outcome: "reused", text: now });
      continue;
    }
    const then = last && callOf(last.stages, stage, key);
    if (then === undefined) continue;
    const text = await textOf(session.store, [then.stdout, then.stderr]);
    if (text !== undefined) logs.push({ stage, outcome: then.outcome, text });
  }
  const { env, out, err } = surroundings;
  if (options.json === true) {
    out.write(`${JSON.stringify({ stages: logs })}\n`);
    return exitCode.succeeded;
  }
  const colors = makeColors(wantsColor(out, env, options.color));
  for (const { stage, outcome, text } of logs) {
    if (text === "") continue;
    const paint = outcome === "failed" ? colors.red : colors.bold;
    out.write(`${paint(`── ${stage} (${outcome})`)}\n${text.endsWith("\n") ? text : `${text}\n`}`);
  }
  if (logs.every(({ text }) => text === "")) {
    const known = shownCount(logs.length, "stage");
    const why = logs.length === 0 ? "no log is known; build it first" : `${known} printed nothing`;
    err.write(`${colors.dim(`${name}: ${why}`)}\n`);
  }
  return exitCode.succeeded;
};

/**
 * The call of the last build: the one of that key. By its name only if there was no other one of that stage, for with
 * other targets, calls have other numbers.
 */
function callOf(
  stages: readonly LastStage[],
  label: string,
  key: ActionKey | undefined,
): LastStage | undefined {
  const same = stages.find((each) => key !== undefined && each.key === key);
  if (same !== undefined) return same;
  const name = label.replace(/#\d+$/, "");
  const calls = stages.filter(({ stage }) => stage.replace(/#\d+$/, "") === name);
  return calls.length === 1 ? calls[0] : undefined;
}

async function resultLog({ actions, content }: Store, key: ActionKey): Promise<string | undefined> {
  const result = await actions.get(key);
  return result && (await textOf({ content }, [result.stdout, result.stderr]));
}

/** What blobs hold, one after another; `undefined` when they are not in the store any more. */
async function textOf(
  { content }: Pick<Store, "content">,
  digests: readonly (Digest | undefined)[],
): Promise<string | undefined> {
  const known = digests.filter((digest) => digest !== undefined);
  if (known.length === 0 || (await content.missing(known)).length > 0) return undefined;
  const parts: string[] = [];
  for (const digest of known) parts.push((await content.read(digest)).toString("utf8"));
  return parts.join("");
}
