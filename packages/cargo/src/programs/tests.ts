/**
 * Program: runs `cargo test`, and reports it, also when tests fail.
 *
 * Parameters: `args` for cargo, a `test`; `reports`, the folder to make, with `junit.xml`; `target` (default
 * `../target`); `workspace` (default `.`).
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runCargo, takeOver } from "./consumer.ts";
import { junitXml, LibtestReport } from "./libtest-report.ts";
import { nestedCargo } from "./nested-cargo.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram } from "./program.ts";

runProgram(tests);

async function tests(parameters: Parameters): Promise<void> {
  const reports = parameters.string("reports");
  const target = parameters.string("target", "../target");
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  const report = new LibtestReport();
  try {
    await runCargo(consumer, parameters.strings("args"), {
      ...nestedCargo(),
      onLine: report.addLine,
      onErrorLine: report.addErrorLine,
    });
  } finally {
    mkdirSync(reports, { recursive: true });
    writeFileSync(join(reports, "junit.xml"), junitXml(report.suites()));
  }
}
