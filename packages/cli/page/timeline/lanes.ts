/**
 * Lanes: what lies on the timeline, and where. Pure; pixels come later.
 *
 *     hits     ' ''  '                 a tick where it became known that a result is reused
 *     slot 1   ▇▇▇▇ compile ▇▇▇▇ ░░░░  a bar for each command, and where the slot had nothing to do
 *     slot 2   ▇▇ lint ▇▇ ░░░░░░░░░░░
 *
 * @module
 */
import type { PageState } from "../../src/page/page-data.ts";
import type { Model } from "../model.ts";

/** A command on the timeline. */
export interface Bar {
  readonly node: number;
  readonly state: PageState;
  readonly from: number;
  readonly to: number;
  /** Slot, from 1. */
  readonly row: number;
  readonly isCritical: boolean;
}

/** A time in which a slot had nothing to do. */
export interface Gap {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** A result that was reused. */
export interface Tick {
  readonly node: number;
  readonly at: number;
}

/** All that lies on the timeline. Times are in milliseconds from the start of the build. */
export interface Lanes {
  readonly bars: readonly Bar[];
  readonly gaps: readonly Gap[];
  readonly ticks: readonly Tick[];
  readonly slots: number;
  readonly endMs: number;
  /**
   * Share of the time of all slots in which they had nothing to do, from 0 to 1. Not known of a part of a build, as
   * {@link gaps} are not.
   */
  readonly idle: number | undefined;
}

/** Lays out a build. Without one, there is nothing on it. */
export function lanesOf({ data, stages, nodes, critical }: Model): Lanes {
  const bars: Bar[] = [];
  const ticks: Tick[] = [];
  for (const node of stages) {
    const { run, state, reusedAt } = nodes[node]?.stage ?? {};
    if (run !== undefined && state !== undefined) {
      bars.push({ node, state, ...run, isCritical: critical.has(node) });
    } else if (reusedAt !== undefined) ticks.push({ node, at: reusedAt });
  }
  bars.sort((a, b) => a.from - b.from || a.row - b.row);
  const slots = data.build?.slots ?? 0;
  const endMs = bars.reduce((end, { to }) => Math.max(end, to), data.build?.durationMs ?? 0);
  if (data.build?.isPart === true) {
    return { bars, gaps: [], ticks, slots, endMs, idle: undefined };
  }
  const gaps = gapsOf(bars, slots, endMs);
  const idleMs = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  const idle = slots > 0 && endMs > 0 ? idleMs / (slots * endMs) : 0;
  return { bars, gaps, ticks, slots, endMs, idle };
}

function gapsOf(bars: readonly Bar[], slots: number, endMs: number): readonly Gap[] {
  const gaps: Gap[] = [];
  const free = new Float64Array(slots + 1);
  for (const { row, from, to } of bars) {
    const since = free[row] ?? 0;
    if (from > since) gaps.push({ row, from: since, to: from });
    free[row] = Math.max(since, to);
  }
  for (let row = 1; row <= slots; row++) {
    const since = free[row] ?? 0;
    if (since < endMs) gaps.push({ row, from: since, to: endMs });
  }
  return gaps;
}

/** Round times for the marks of an axis, about as many as wanted. */
export function marksOf(fromMs: number, toMs: number, wanted: number): readonly number[] {
  const rough = (toMs - fromMs) / Math.max(1, wanted);
  if (!(rough > 0)) return [fromMs];
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500];
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];
  const all = [...steps, ...seconds.map((each) => each * 1000)];
  const small = 10 ** Math.floor(Math.log10(rough));
  const step =
    rough < 1
      ? small
      : (all.find((each) => each >= rough) ?? 86_400_000 * Math.ceil(rough / 86_400_000));
  const marks: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) marks.push(at);
  return marks;
}
