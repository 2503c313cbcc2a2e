/**
 * Read-only inputs: which tree a failed command tried to change, though it was given it to read.
 *
 * In a sandbox, trees are read-only by their mounts, even for root. Commands say so in the words of the system.
 *
 * @module
 */
import { isAbsolute, join, normalize, relative } from "node:path";

import type { ArtifactPath } from "../artifact/path.ts";
import type { Action, Execution } from "../runner/runner.ts";

/** `EROFS`, and what the C library says for it, in the languages that we have looked up. */
const complaint =
  /EROFS|read-only file ?system|Dateisystem ist nur lesbar|système de fichiers (?:est )?accessible en lecture seul|sistema de (?:ficheros|archivos) de s[oó]lo lectura|file system in sola lettura/i;

/** Words of a line that may be paths: in quotes, or between spaces. */
const words = /'([^']+)'|"([^"]+)"|`([^`']+)[`']|‘([^’]+)’|([^\s:'"`‘’]+)/g;

/** The trees of an action that lines of a log say cannot be written to. Sorted. */
export function findReadOnly(
  lines: readonly string[],
  { wholeTrees, cwd }: Pick<Action, "cwd" | "wholeTrees">,
  { seenAs }: Pick<Execution, "seenAs">,
): ArtifactPath[] {
  const found = new Set<ArtifactPath>();
  for (const line of lines) {
    if (!complaint.test(line)) continue;
    for (const [, ...groups] of line.matchAll(words)) {
      const word = groups.find(Boolean) ?? "";
      const path = isAbsolute(word) ? relative(seenAs ?? "/", word) : normalize(join(cwd, word));
      for (const tree of wholeTrees) if (`${path}/`.startsWith(`${tree}/`)) found.add(tree);
    }
  }
  return [...found].toSorted();
}
