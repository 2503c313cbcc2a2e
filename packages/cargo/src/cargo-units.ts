/**
 * What cargo did in a stage, read back from the log of the stage.
 *
 * Stages print it, so it is in events, in reports, and kept with results: what a stage did when it ran is known when its result is
 * reused. This is its form as data.
 *
 * @module
 */

/** What cargo compiled in a stage, and why. Crates are `<name> <version>`, sorted. */
export interface CargoUnits {
  readonly compiled: {
    readonly local: readonly string[];
    /** None, where dependencies were there as they should. */
    readonly external: readonly string[];
  };
  /** How many units were there. */
  readonly fresh: number;
  /** Crates that were there and were compiled all the same, with cargo's reasons as far as they are known. */
  readonly rebuilt: readonly { readonly crate: string; readonly reasons: readonly string[] }[];
  /** Files that are read, or watched, and are not among the sources. */
  readonly warnings: readonly string[];
}

const SUMMARY = /^compiled local: (.*); external: (.*); fresh units: (\d+)$/;

/**
 * Reads what cargo did from what a stage printed.
 *
 * @param log - As from `report.log(stage)`, or of `stage-output` events.
 * @returns `undefined` when no command of cargo that compiles has run there. Of several, the first is meant.
 * @example
 * ```ts
 * for (const stage of report.stages) console.log(stage.name, cargoUnits(await report.log(stage)));
 * ```
 */
export function cargoUnits(log: string): CargoUnits | undefined {
  const lines = log.split("\n");
  const [, local, external, fresh] =
    lines.map((line) => SUMMARY.exec(line)).find((match) => match !== null) ?? [];
  if (local === undefined || external === undefined) return undefined;
  return {
    compiled: { local: crates(local), external: crates(external) },
    fresh: Number(fresh),
    rebuilt: lines.flatMap((line, at) => rebuiltIn(line, lines.slice(at + 1))),
    warnings: [
      ...new Set(
        lines.flatMap(
          (line) => /^warning: (.*(?:no input:|not among the sources).*)$/.exec(line)?.[1] ?? [],
        ),
      ),
    ],
  };
}

function rebuiltIn(line: string, rest: readonly string[]): CargoUnits["rebuilt"] {
  const external = /^warning: external rebuilt: (.+)$/.exec(line)?.[1];
  if (external !== undefined) {
    const end = rest.findIndex((one) => !one.startsWith("  because "));
    const reasons = rest.slice(0, end === -1 ? rest.length : end);
    return [{ crate: external, reasons: reasons.map((one) => one.slice("  because ".length)) }];
  }
  const [, crate, reasons] = /^rebuilt: (\S+ \S+): (.+)$/.exec(line) ?? [];
  return crate === undefined || reasons === undefined
    ? []
    : [{ crate, reasons: reasons.split("; ") }];
}

function crates(list: string): readonly string[] {
  return list === "none" ? [] : list.split(", ");
}
