/**
 * The wrapper around the compiler that instruments what it compiles.
 *
 * No script, for shells drop variables with a dash in their name, and by those tests find programs
 * (`CARGO_BIN_EXE_my-app`). Nor a script of Node, which would cost its start for each crate.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { outputOf } from "./process.ts";

/** Runs a command with two more arguments, and nothing else changed. Without headers, which need not be there. */
const CODE = `
int execvp(const char *, char *const *);
void *calloc(unsigned long, unsigned long);
int main(int count, char **words) {
  char **all = calloc(count + 2, sizeof *all);
  if (count < 2 || !all) return 127;
  for (int at = 1; at < count; at++) all[at - 1] = words[at];
  all[count - 1] = "-C";
  all[count] = "instrument-coverage";
  execvp(all[0], all);
  return 127;
}
`;

/**
 * Makes the wrapper in a folder. Its path enters cargo's fingerprints, its content does not.
 *
 * @returns its path.
 */
export function compileWrapper(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "rustc");
  writeFileSync(`${path}.c`, CODE);
  outputOf("cc", ["-std=c99", "-w", "-o", path, `${path}.c`]);
  return path;
}
