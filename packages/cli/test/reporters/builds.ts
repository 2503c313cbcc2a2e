/**
 * Events of builds that never were: stages `s0`, `s1` and so on, which settle one after another.
 *
 * @module
 */
import type { ActionKey, BuildEvent, ErrorSummary, Outcome, Remark } from "@ashlar/core";

/** A stage that settles, and what it prints before that. */
export type Step = readonly [id: number, outcome: Outcome, output?: string];

/** A key that is nobody's. */
export const key: ActionKey = `${"ab".repeat(32)}/7` as ActionKey;

/** What a stage fails with. */
export function error(name: string): ErrorSummary {
  const message = `stage \`${name}\` exited with 1`;
  return { code: "STAGE_FAILED", message, text: `error[STAGE_FAILED]: ${message}` };
}

/** A remark of that severity. */
export function remark(severity: Remark["severity"], text: string): Remark {
  return { kind: "made-up", subject: "nothing", text, severity };
}

/** The same events, with those remarks on a stage. */
export function remarking(
  events: readonly BuildEvent[],
  id: number,
  ...remarks: readonly Remark[]
): readonly BuildEvent[] {
  return events.map((event) =>
    event.type === "stage-settled" && event.id === id ? { ...event, remarks } : event,
  );
}

/** All events of a build. Each command takes 100 ms. */
export function builds(count: number, steps: readonly Step[]): readonly BuildEvent[] {
  const stages = Array.from({ length: count }, (_, id) => ({
    id,
    name: `s${id}`,
    dependencies: [],
  }));
  const events: BuildEvent[] = [{ type: "build-started", atMs: 0, stages }];
  let atMs = 0;
  for (const [id, outcome, output] of steps) {
    const name = `s${id}`;
    const isRun = outcome === "ran" || outcome === "failed";
    if (isRun) events.push({ type: "stage-started", atMs, id, name, key, argv: ["run", name] });
    if (output !== undefined) {
      const text = { stream: "stdout", text: output, isReplay: outcome === "reused" } as const;
      events.push({ type: "stage-output", atMs, id, name, ...text });
    }
    if (isRun) atMs += 100;
    events.push({
      ...{ type: "stage-settled", atMs, id, name, outcome, key, ranBy: "local/sandbox" },
      ...{ durationMs: isRun ? 100 : 0, attempts: isRun ? 1 : 0, reason: undefined },
      error: outcome === "failed" ? error(name) : undefined,
    });
  }
  const outcome = steps.some(([, end]) => end === "failed") ? "failed" : "succeeded";
  events.push({ type: "build-settled", atMs, outcome, durationMs: atMs });
  return events;
}
