/**
 * `ashlar store`.
 *
 * @module
 */
import { storeUsage, verifyStore, type StoreUsage } from "@ashlar/core";

import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { storeHere } from "../session.ts";
import { shownBytes, shownCount } from "../shown.ts";

/** Says how much the store holds, or looks at all of it. */
export const run: Run = async (_, options, surroundings) => {
  const store = await storeHere(options, surroundings);
  const { out, signal } = surroundings;
  const { directory } = store;
  if (options.check === true) {
    const { problems, results, blobs } = await verifyStore(store, { signal });
    if (options.json === true) {
      out.write(`${JSON.stringify({ directory, results, blobs, problems })}\n`);
    } else {
      const whole = `${shownCount(results.count, "result")}, ${shownCount(blobs.count, "blob")} whole`;
      const found = problems.map(({ kind, path, movedTo }) => {
        return `  ${kind.padEnd(17)}  ${path}${movedTo === undefined ? "" : ` → ${movedTo}`}`;
      });
      out.write(
        `${[`${whole}, ${shownCount(problems.length, "problem")}`, ...found].join("\n")}\n`,
      );
    }
    // A result may name what is in a remote cache: that is nothing to mend.
    const isSound = problems.every(({ kind }) => kind === "incomplete-result");
    return isSound ? exitCode.succeeded : exitCode.failed;
  }
  const usage = await storeUsage(store, { signal });
  if (options.json === true) out.write(`${JSON.stringify({ directory, ...usage })}\n`);
  else out.write(`${usageLines(directory, usage).join("\n")}\n`);
  return exitCode.succeeded;
};

/** What a store holds, as people read it. */
export function usageLines(directory: string, usage: StoreUsage): readonly string[] {
  const { results, blobs, caches, trees, notes, temporary, quarantined, total } = usage;
  const parts = { results, blobs, caches, trees, notes, temporary, quarantined, total };
  const rows = Object.entries(parts)
    .filter(([name, { count }]) => count > 0 || name === "total")
    .map(([name, { count, bytes }]) => [name, shownCount(count, "file"), shownBytes(bytes)]);
  const width = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), width(1), width(2)] as const;
  const lines = rows.map(([name = "", count = "", bytes = ""]) => {
    return `  ${name.padEnd(widths[0])}  ${count.padStart(widths[1])}  ${bytes.padStart(widths[2])}`;
  });
  return [directory, ...lines];
}
