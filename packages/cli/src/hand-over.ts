/**
 * Handing over: a program that is installed for the whole machine leaves the work to the copy that a project has.
 *
 * Handles belong to the core that made them, and so a build file wants the command line that is installed beside its
 * core. Whoever types `ashlar` gets that one, whichever is on `PATH`.
 *
 * @module
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";

/**
 * The program of the project, if there is one and it is another than this: of the nearest `node_modules`, from where the
 * build file lies.
 *
 * @param words - What was typed after `ashlar`.
 * @param cwd - Absolute.
 * @param self - Path of this program, without links.
 * @returns A path, absolute and without links.
 */
export function projectsOwn(
  words: readonly string[],
  cwd: string,
  self: string,
): string | undefined {
  for (let folder = startOf(words, cwd); ; folder = dirname(folder)) {
    const installed = join(folder, "node_modules/@ashlar/cli");
    const bin = programOf(installed);
    if (bin !== undefined) {
      const place = realpathSync(installed);
      return self.startsWith(place + sep) ? undefined : join(place, bin);
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** Where the build file lies, as far as that is said. */
function startOf(words: readonly string[], cwd: string): string {
  for (const [at, word] of words.entries()) {
    if (word === "--") break;
    const [name, value = words[at + 1]] = word.split(/=(.*)/, 2);
    const isFile = name === "--file" || name === "-f";
    if (isFile && value !== undefined) return dirname(resolve(cwd, value));
  }
  return cwd;
}

/** The program of a package, relative to it; `undefined` when it is not there, or not built. */
function programOf(installed: string): string | undefined {
  const manifest = join(installed, "package.json");
  if (!existsSync(manifest)) return undefined;
  try {
    const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin?: { ashlar?: string } };
    const path = bin?.ashlar;
    return path !== undefined && existsSync(join(installed, path)) ? path : undefined;
  } catch {
    return undefined;
  }
}
