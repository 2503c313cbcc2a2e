/**
 * Which tools a runner lacks, for scripts that choose by it.
 *
 * @module
 */
import { BuildError } from "../errors/build-error.ts";
import type { Tool } from "../graph/tool.ts";
import type { Runner } from "./runner.ts";

/**
 * Names of those tools that the runner cannot find. None, for a runner that has no tools of a host. Tools of
 * artifacts are never missing: they come with the command.
 *
 * @example
 * ```ts
 * const missing = await missingTools(runner, coverageTools());
 * const tests = missing.length === 0 ? rust.coverage() : rust.test();
 * ```
 */
export async function missingTools(
  runner: Runner,
  tools: readonly Tool[],
  signal: AbortSignal = new AbortController().signal,
): Promise<string[]> {
  const missing: string[] = [];
  for (const tool of tools) {
    if (tool.type === "artifact-tool") continue;
    try {
      await runner.identify?.(tool, signal);
    } catch (error) {
      if (!(error instanceof BuildError) || error.code !== "TOOL_NOT_FOUND") throw error;
      missing.push(tool.name);
    }
  }
  return missing;
}
