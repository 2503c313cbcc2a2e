/**
 * What there is to say of a stage that runs cargo: what it compiled, why it compiled what was there, and which files are no inputs.
 *
 * Read from the log of the stage, in which all of it stands for people.
 *
 * @module
 */
import type { Remark } from "@ashlar/core";

import { cargoUnits, type CargoUnits } from "./cargo-units.ts";

/**
 * Finds remarks in the log of a stage that runs cargo.
 *
 * | kind               | severity | subject                                                 |
 * | ------------------ | -------- | ------------------------------------------------------- |
 * | `external-rebuilt` | warning  | an external crate that was compiled again               |
 * | `unlisted-file`    | warning  | a file that is read, or watched, and is no input        |
 * | `rebuilt`          | note     | a local crate that was there, and was compiled again    |
 * | `compiled`         | note     | `cargo`: what it compiled, and how many units were fresh |
 *
 * @param log - Of one stage.
 */
export function cargoRemarks(log: string): readonly Remark[] {
  const lines = log.split("\n");
  const units = cargoUnits(log);
  const found = [
    ...(units === undefined ? [] : rebuilt(units)),
    ...[...(units?.warnings ?? []), ...lines.flatMap(missingFile)].map(unlistedFile),
    ...compiled(units ?? dependenciesIn(lines)),
  ];
  // A stage may run cargo several times, with the same to say of each.
  return [...new Map(found.map((remark) => [remark.text, remark])).values()];
}

function rebuilt({ compiled: { external }, rebuilt: crates }: CargoUnits): readonly Remark[] {
  return crates.map(({ crate, reasons }): Remark => {
    const why = reasons.join("; ") || "cargo does not say why";
    if (!external.includes(crate)) {
      const text = `${crate} was compiled again: ${why}`;
      return { kind: "rebuilt", subject: crate, text, severity: "note" };
    }
    const text = `${crate}, which is no local crate, was compiled again: ${why}`;
    return { kind: "external-rebuilt", subject: crate, text, severity: "warning" };
  });
}

/** The hint of a command that failed because it could not read a file. */
function missingFile(line: string): readonly string[] {
  return /^hint: (`[^`]+` is (?:not among|outside of) the sources: .*)$/.exec(line)?.slice(1) ?? [];
}

function unlistedFile(text: string): Remark {
  const subject = /`([^`]+)`/.exec(text)?.[1] ?? "";
  return { kind: "unlisted-file", subject, text, severity: "warning" };
}

type Counted = Pick<CargoUnits, "compiled" | "fresh">;

const DEPENDENCIES = /^compiled dependencies: (.*); fresh units: (\d+)$/;

/** What the passes that build dependencies have compiled, all together. */
function dependenciesIn(lines: readonly string[]): Counted | undefined {
  const passes = lines.flatMap((line) => {
    const [, list, fresh] = DEPENDENCIES.exec(line) ?? [];
    return list === undefined ? [] : [{ crates: list, fresh: Number(fresh) }];
  });
  const crates = passes.flatMap((pass) => (pass.crates === "none" ? [] : pass.crates.split(", ")));
  // What a later pass finds fresh, the first has compiled.
  const fresh = passes[0]?.fresh ?? 0;
  return passes.length === 0
    ? undefined
    : { compiled: { local: [], external: [...new Set(crates)] }, fresh };
}

/** Crates that are named. */
const maxNames = 8;

function compiled(units: Counted | undefined): readonly Remark[] {
  if (units === undefined) return [];
  const crates = [...units.compiled.local, ...units.compiled.external];
  // It did not come so far: why, is said by its failure.
  if (crates.length + units.fresh === 0) return [];
  const more = crates.length > maxNames ? ` and ${crates.length - maxNames} more` : "";
  const names = `${crates.slice(0, maxNames).join(", ") || "nothing"}${more}`;
  const fresh = units.fresh === 1 ? "1 unit was fresh" : `${units.fresh} units were fresh`;
  const text = `cargo compiled ${names}; ${fresh}`;
  return [{ kind: "compiled", subject: "cargo", text, severity: "note" }];
}
