/**
 * What git ignores in a directory, by the `.gitignore` files in it, below it and above it up to the
 * repository's root. The user's own git settings do not count: another machine would not have them.
 *
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

import type { Ignore, default as ignore } from "ignore";

import { sourceUnreadable } from "../errors/source-errors.ts";

/** The rules of one `.gitignore`, and the folder that they speak of. */
interface Rules {
  readonly folder: string;
  readonly text: string;
  /** Patterns that take back what other files have overruled. */
  readonly readmitted: readonly string[];
  readonly matcher: Ignore;
}

/** The rules in force in one folder: its own and those of all above it. Immutable. */
export class IgnoreRules {
  readonly #rules: readonly Rules[];
  readonly #makeMatcher: typeof ignore;

  private constructor(rules: readonly Rules[], makeMatcher: typeof ignore) {
    this.#rules = rules;
    this.#makeMatcher = makeMatcher;
  }

  /**
   * The rules in force in an absolute directory, its own not yet among them. `look` is told of every
   * path that decides, whether something is there or not. None, when they would
   * ignore the directory itself: whoever names it wants what is in it.
   */
  static async above(directory: string, look?: (path: string) => void): Promise<IgnoreRules> {
    // Loaded only when needed: a build in which nothing has changed reads no rules.
    const none = new IgnoreRules([], (await import("ignore")).default);
    const folders: string[] = [];
    const isThere = (path: string): boolean => {
      look?.(path);
      return existsSync(path);
    };
    if (!isThere(join(directory, ".git"))) {
      for (let folder = dirname(directory); ; folder = dirname(folder)) {
        folders.unshift(folder);
        if (isThere(join(folder, ".git"))) break;
        // Outside any repository, only the directory's own rules count.
        if (folder === dirname(folder)) return none;
      }
    }
    const rules = folders.reduce((above, folder) => above.enter(folder, look), none);
    return rules.ignores(directory, true) ? none : rules;
  }

  /** The rules in force in a folder below, with those of its own `.gitignore`. */
  enter(folder: string, look?: (path: string) => void): IgnoreRules {
    look?.(join(folder, ".gitignore"));
    const text = readRules(join(folder, ".gitignore"));
    const own = text === undefined ? [] : [this.#makeRules(folder, text)];
    const rules = this.#rules.map((each) => this.#readmit(each, folder));
    const isSame = own.length === 0 && rules.every((each, at) => each === this.#rules[at]);
    return isSame ? this : new IgnoreRules([...rules, ...own], this.#makeMatcher);
  }

  /** True when git would ignore the entry. The deepest file that says something decides. */
  ignores(path: string, isDirectory: boolean): boolean {
    for (const { folder, matcher } of this.#rules.toReversed()) {
      const below = relative(folder, path).replaceAll(sep, "/");
      const { ignored, unignored } = matcher.test(isDirectory ? `${below}/` : below);
      if (ignored || unignored) return ignored;
    }
    return false;
  }

  /**
   * A matcher that ignores a folder ignores all below it. If a deeper file has brought the folder back,
   * only its rules for what is in the folder should go on to count.
   */
  #readmit(rules: Rules, folder: string): Rules {
    const below = `${relative(rules.folder, folder).replaceAll(sep, "/")}/`;
    if (!rules.matcher.test(below).ignored || this.ignores(folder, true)) return rules;
    const literal = below.replaceAll(/[\\*?[]/g, String.raw`\$&`);
    return this.#makeRules(rules.folder, rules.text, [...rules.readmitted, `!/${literal}`]);
  }

  #makeRules(folder: string, text: string, readmitted: readonly string[] = []): Rules {
    // Large and small letters differ, whatever the file system thinks: other machines would not agree.
    const matcher = this.#makeMatcher({ ignorecase: false }).add(text).add(readmitted);
    return { folder, text, readmitted, matcher };
  }
}

function readRules(path: string): string | undefined {
  try {
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    return isFile ? readFileSync(path, "utf8") : undefined;
  } catch (error) {
    throw sourceUnreadable(path, error);
  }
}
