/**
 * Traces: what ran when, in the format that Perfetto and Chrome's `about:tracing` open.
 *
 *     slot 1   ▇▇▇▇ compile ▇▇▇▇  ▇▇▇ link ▇▇▇
 *     slot 2   ▇▇ lint ▇▇           ▇ test ▇
 *
 * Commands lie in as few rows as hold them without overlap, which is as many as ran at once.
 *
 * @module
 */
import type { LastBuild, LastStage } from "./last-build.ts";

/** An event of a trace, as far as it is used here: a span (`X`) or a name (`M`). */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "M" | "s" | "f";
  readonly pid: number;
  readonly tid: number;
  /** From the start of the build, in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A trace. */
export interface Trace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: "ms";
}

/** A command that ran: when, in milliseconds since 1970, and in which row, from 1. */
export interface Span {
  readonly stage: LastStage;
  readonly from: number;
  readonly to: number;
  readonly row: number;
}

/** Makes a trace of a build: a span for each command, and an arrow from each to those that needed it. */
export function traceOf({ stages, startedAt }: LastBuild): Trace {
  const spans = rowsOf(stages);
  const micros = (ms: number): number => Math.round((ms - startedAt) * 1000);
  const rows = spans.reduce((most, { row }) => Math.max(most, row), 0);
  const names = Array.from({ length: rows }, (_, at): TraceEvent => {
    return { ...base, name: "thread_name", ph: "M", tid: at + 1, args: { name: `slot ${at + 1}` } };
  });
  const events: TraceEvent[] = [
    { ...base, name: "process_name", ph: "M", tid: 0, args: { name: "ashlar" } },
    ...names,
  ];
  const byId = new Map(spans.map((span) => [span.stage.id, span]));
  let arrow = 0;
  for (const { stage, from, to, row } of spans) {
    const { stage: name, outcome, key, id, dependencies } = stage;
    const span = { name, ph: "X", cat: outcome, tid: row, ts: micros(from) } as const;
    events.push({ ...base, ...span, dur: (to - from) * 1000, args: { outcome, key, id } });
    for (const needed of dependencies) {
      const before = byId.get(needed);
      if (before === undefined) continue;
      const tie = { name: "needs", cat: "needs", id: ++arrow } as const;
      // An arrow begins within its span: at its very end, another one in the row may have begun.
      const inside = before.to > before.from ? 1 : 0;
      events.push(
        { ...base, ...tie, ph: "s", tid: before.row, ts: micros(before.to) - inside },
        { ...base, ...tie, ph: "f", bp: "e", tid: row, ts: micros(from) },
      );
    }
  }
  return { traceEvents: events, displayTimeUnit: "ms" };
}

const base = { pid: 1, ts: 0 } as const;

/** Lays the commands of a build in rows, in the order in which they began. */
export function rowsOf(stages: readonly LastStage[]): readonly Span[] {
  /** By row: when its last command ends. */
  const ends: number[] = [];
  const ran = stages.flatMap((stage) => {
    const { startedAt: from, settledAt: to } = stage;
    return from === undefined || to === undefined ? [] : [{ stage, from, to }];
  });
  return ran
    .toSorted((a, b) => a.from - b.from || a.stage.id - b.stage.id)
    .map(({ stage, from, to }) => {
      const free = ends.findIndex((end) => end <= from);
      const at = free === -1 ? ends.length : free;
      ends[at] = to;
      return { stage, from, to, row: at + 1 };
    });
}
