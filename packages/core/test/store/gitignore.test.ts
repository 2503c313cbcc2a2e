/**
 * What git ignores, by git's own judgement.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { devNull } from "node:os";
import { dirname, join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { walkTree } from "../../src/store/directories.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { snapshot } from "../../src/store/snapshot.ts";
import { temporary } from "./trees.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;

/** Files and links that a source of the directory holds, sorted. */
async function taken(directory: string): Promise<string[]> {
  const store = new MemoryStore();
  const tree = await snapshot(store, directory, { filter: { gitignore: true } });
  const paths: string[] = [];
  for await (const { path, entry } of walkTree(store, tree)) {
    if (entry.type !== "directory") paths.push(path);
  }
  return paths.toSorted();
}

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    fs.mkdirSync(dirname(join(directory, path)), { recursive: true });
    fs.writeFileSync(join(directory, path), text);
  }
}

/** Files that git sees and does not ignore, sorted. The settings of whoever runs the test are kept out. */
function seenByGit(directory: string): string[] {
  const env = {
    PATH: process.env["PATH"] ?? "",
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_NOSYSTEM: "1",
  };
  const options = ["--others", "--exclude-per-directory=.gitignore", "-z"];
  const out = execFileSync("git", ["ls-files", ...options], { cwd: directory, env });
  return out.toString("utf8").split("\0").filter(Boolean).toSorted();
}

describe.skipIf(!hasGit)(`as git does${hasGit ? "" : " (skipped: there is no git here)"}`, () => {
  const repository = (): string => {
    const directory = temporary();
    const env = { PATH: process.env["PATH"] ?? "", GIT_CONFIG_GLOBAL: devNull };
    execFileSync("git", ["init", "--quiet", "--template=", directory], { env });
    return directory;
  };

  const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "a folder anywhere": { ".gitignore": "build/", "build/x": "", "a/build/x": "", "a/b": "" },
    "a folder at the top": { ".gitignore": "/build", "build/x": "", "a/build/x": "" },
    "a pattern with a slash": { ".gitignore": "a/*.o", "a/x.o": "", "b/x.o": "", "a/b/x.o": "" },
    "all but one": { ".gitignore": "*\n!.gitignore\n!keep", keep: "", drop: "" },
    "all but what is in a folder": {
      ".gitignore": "/*\n!/a\n/a/*\n!/a/b",
      "a/b": "",
      "a/c": "",
      d: "",
    },
    "what is in an ignored folder stays ignored": { ".gitignore": "a/\n!a/b", "a/b": "", c: "" },
    "a file further down decides": {
      ".gitignore": "*.log",
      "a/.gitignore": "!x.log",
      "a/x.log": "",
      "x.log": "",
    },
    "a folder that is brought back further down": {
      ".gitignore": "build/",
      "a/.gitignore": "!build/",
      "a/build/x": "",
      "build/x": "",
    },
    "a folder that is brought back, and a rule for what is in it": {
      ".gitignore": "build/\n*.o",
      "a/.gitignore": "!build/",
      "a/build/x.o": "",
      "a/build/x.c": "",
    },
    "large and small letters": { ".gitignore": "Build", Build: "", "a/build": "" },
    "comments and spaces": {
      ".gitignore": "#a\n\\#b\n  \nc \nd\\ ",
      "#a": "",
      "#b": "",
      c: "",
      d: "",
      "d ": "",
    },
    stars: {
      ".gitignore": "a/**/z\n**/t\nq/**",
      "a/z": "",
      "a/b/z": "",
      "x/t": "",
      "q/x": "",
      q2: "",
    },
    sets: { ".gitignore": "[ab].txt\n[!c].md", "a.txt": "", "c.txt": "", "c.md": "", "d.md": "" },
    "lines that end as on Windows": { ".gitignore": "a\r\nb\r\n", a: "", b: "", c: "" },
    "an escaped exclamation mark": { ".gitignore": "\\!a", "!a": "", a: "" },
  };
  test.each(Object.entries(examples))("%s", async (_, files) => {
    const directory = repository();
    write(directory, files);
    expect(await taken(directory)).toEqual(seenByGit(directory));
  });

  test("whatever the rules", async () => {
    const directory = repository();
    const name = fc.constantFrom("a", "b", "ab", "A", "x.o", "y.o", "d e");
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
    const rule = fc
      .tuple(
        fc.constantFrom("", "", "", "!"),
        fc.constantFrom("", "/", "**/", "a/"),
        fc.constantFrom("a", "b", "ab", "A", "*.o", "*", "?", "[ab]", "a*", "d e", "d\\ e", "b/a"),
        fc.constantFrom("", "/", "/**", "/*"),
      )
      .map((parts) => parts.join(""));
    const rules = fc.array(rule, { maxLength: 3 }).map((lines) => lines.join("\n"));
    const files = fc.record({
      paths: fc.array(path, { minLength: 1, maxLength: 8 }),
      top: rules,
      inA: fc.option(rules),
      inAB: fc.option(rules),
    });
    await fc.assert(
      fc.asyncProperty(files, async ({ paths, top, inA, inAB }) => {
        for (const entry of fs.readdirSync(directory)) {
          if (entry !== ".git") fs.rmSync(join(directory, entry), { recursive: true });
        }
        for (const each of paths) {
          // A name may be a folder by now, or lie below a file.
          try {
            write(directory, { [each]: "" });
          } catch {
            continue;
          }
        }
        const isFolder = (each: string): boolean => fs.existsSync(`${directory}/${each}/.`);
        write(directory, { ".gitignore": top });
        if (inA !== null && isFolder("a")) write(directory, { "a/.gitignore": inA });
        if (inAB !== null && isFolder("a/b")) write(directory, { "a/b/.gitignore": inAB });
        expect(await taken(directory)).toEqual(seenByGit(directory));
      }),
      { numRuns: 150 },
    );
  });
});

describe("without git", () => {
  test("the rules of the repository's upper folders count, and no others", async () => {
    const top = temporary();
    write(top, { ".gitignore": "*.o", "repo/.gitignore": "*.log", "repo/.git/HEAD": "" });
    write(top, { "repo/src/a.o": "", "repo/src/a.log": "", "repo/src/a.c": "" });
    expect(await taken(join(top, "repo/src"))).toEqual(["a.c", "a.o"]);
    expect(await taken(join(top, "repo"))).toEqual([".gitignore", "src/a.c", "src/a.o"]);
  });

  test("outside any repository, the directory's own rules count", async () => {
    const top = temporary();
    write(top, { ".gitignore": "*.o", "src/.gitignore": "*.log", "src/a.o": "", "src/a.log": "" });
    expect(await taken(join(top, "src"))).toEqual([".gitignore", "a.o"]);
  });

  test("a directory that is itself ignored is taken as if it were not", async () => {
    const top = temporary();
    write(top, { ".gitignore": "dist/", ".git/HEAD": "", "dist/a": "", "dist/b/c": "" });
    expect(await taken(join(top, "dist"))).toEqual(["a", "b/c"]);
  });

  test("a directory in the place of the rules has none", async () => {
    const top = temporary();
    write(top, { ".gitignore/a": "", b: "" });
    expect(await taken(top)).toEqual([".gitignore/a", "b"]);
  });
});
