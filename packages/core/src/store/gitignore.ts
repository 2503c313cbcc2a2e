/**
 * What git ignores in a directory, by the `.gitignore` files in it, below it and above it up to the
 * repository's root. The user's own git settings do not count: another machine would not have them.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

import ignore, { type Ignore } from "ignore";

/** The rules of one `.gitignore`, and the folder that they speak of. */
interface Rules {
  readonly folder: string;
  readonly matcher: Ignore;
}

/** The rules in force in one folder: its own and those of all above it. Immutable. */
export class IgnoreRules {
  readonly #rules: readonly Rules[];

  private constructor(rules: readonly Rules[]) {
    this.#rules = rules;
  }

  /**
   * The rules in force in an absolute directory, its own not yet among them. None, when they would
   * ignore the directory itself: whoever names it wants what is in it.
   */
  static above(directory: string): IgnoreRules {
    const folders: string[] = [];
    if (!existsSync(join(directory, ".git"))) {
      for (let folder = dirname(directory); ; folder = dirname(folder)) {
        folders.unshift(folder);
        if (existsSync(join(folder, ".git"))) break;
        // Outside any repository, only the directory's own rules count.
        if (folder === dirname(folder)) return new IgnoreRules([]);
      }
    }
    const rules = folders.reduce((above, folder) => above.enter(folder), new IgnoreRules([]));
    return rules.ignores(directory, true) ? new IgnoreRules([]) : rules;
  }

  /** The rules in force in a folder below, with those of its own `.gitignore`. */
  enter(folder: string): IgnoreRules {
    const path = join(folder, ".gitignore");
    if (!existsSync(path)) return this;
    const matcher = ignore().add(readFileSync(path, "utf8"));
    return new IgnoreRules([...this.#rules, { folder, matcher }]);
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
}
