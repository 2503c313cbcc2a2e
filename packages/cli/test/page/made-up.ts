/**
 * Made-up pages: builds of any size, in which every state occurs.
 *
 * @module
 */
import type { PageData, PageNode, PageStage, PageState } from "../../src/page/page-data.ts";

const states: readonly PageState[] = [
  "ran",
  "reused",
  "ran",
  "failed",
  "cancelled",
  "skipped",
  "expanded",
];

/** Stages in layers, each of which needs three of the layer before; four slots; and a source for each of the first. */
export function madeUp(stages: number, width: number): PageData {
  const nodes: PageNode[] = Array.from({ length: width }, (_, at) => {
    return { kind: "source", label: `src/${at}.c` };
  });
  const slots = 4;
  const free = Array.from({ length: slots }, () => 0);
  for (let at = 0; at < stages; at++) {
    const place = width + at;
    const needs = [0, 1, 3].map((shift) => {
      return { node: place - width - (at % width) + ((at + shift) % width), path: `in/${shift}` };
    });
    const state = states[at % states.length]!;
    const slot = at % slots;
    const from = free[slot]!;
    const to = from + 10 + ((at * 7) % 90);
    const hasRun = state === "ran" || state === "failed" || state === "cancelled";
    if (hasRun) free[slot] = to + 5;
    const stage: PageStage = {
      state,
      argv: ["cc", "-c", `in/${at}.c`, "-o", `out/it's ${at}.o`],
      outputs: [{ name: "object", kind: "file", path: `out/${at}.o` }],
      key: `${at}`.padStart(64, "0"),
      ...(hasRun && { run: { from, to, row: slot + 1 } }),
      ...(state === "reused" && { reusedAt: from, durationMs: 30 }),
      why: { text: `\`step ${at}\` ran: first time`, ...(at > 0 && { causes: [place - 1] }) },
      log: { text: `line of ${at}\n` },
    };
    nodes.push({ kind: "stage", label: `step ${at}`, needs, stage });
  }
  const ran = nodes.flatMap(({ stage }, at) => (stage?.state === "ran" ? [at] : []));
  // One after another, as `needs` leads from layer to layer.
  const criticalPath = ran.filter((at) => (at - width) % width === 0);
  return {
    ...{ version: 1, title: "made up/ashlar.build.ts", madeAt: Date.UTC(2026, 0, 2), nodes },
    build: {
      outcome: "failed",
      startedAt: Date.UTC(2026, 0, 1),
      durationMs: Math.max(...free),
      slots,
    },
    ...{ criticalPath, criticalWay: criticalPath, criticalMs: 123 },
  };
}
