/**
 * Reads a report of vitest's JSON reporter and prints one line: `N passed, N failed, N skipped`.
 *
 * A file that could not be loaded counts as one failure. Exits with 1 when anything failed,
 * when no test ran, or when there is no report, since then the run ended before its tests.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";

/** @typedef {{ status: string, assertionResults: { status: string }[] }} FileReport */

const [path = ""] = process.argv.slice(2);
// The reporter opens its file at the end of a run, so an empty one means there was no end.
const text = existsSync(path) ? readFileSync(path, "utf8") : "";
/** @type {{ testResults: FileReport[] }} */
const report = text === "" ? { testResults: [] } : JSON.parse(text);

const count = { passed: 0, failed: 0, skipped: 0 };
for (const { status, assertionResults } of report.testResults) {
  for (const test of assertionResults) {
    if (test.status === "passed") count.passed++;
    else if (test.status === "failed") count.failed++;
    else count.skipped++;
  }
  if (status === "failed" && assertionResults.every((test) => test.status !== "failed")) {
    count.failed++;
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
