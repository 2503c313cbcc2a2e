/**
 * Where tests with cargo run.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { rustTools } from "@ashlar/cargo";
import { missingTools, type Runner } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { afterAll } from "vitest";

/** What the tests of a file share. */
export interface RustTests {
  readonly runner: Runner;
  /** A folder of their own, absolute; removed after them. */
  readonly folder: string;
  /** Tools of Rust that are not on this machine. */
  readonly missing: readonly string[];
  /** A title for tests with cargo, which says why they are skipped. */
  readonly title: string;
}

/** Makes all that, and removes it after the tests of the file. */
export async function rustTests(name: string): Promise<RustTests> {
  const runner = localRunner();
  const folder = mkdtempSync(join(tmpdir(), `ashlar-${name}-`));
  afterAll(async () => {
    await runner[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const missing = await missingTools(runner, rustTools());
  const title = missing.length === 0 ? "with cargo" : `with cargo (no ${missing.join(", ")} here)`;
  return { runner, folder, missing, title };
}
