/**
 * The example scripts, run as a user would: as programs of their own.
 */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const packageRoot = new URL("../", import.meta.url).pathname;
const hasCargo = await isThere("cargo", "-V");
const hasBash = await isThere("bash", "--version");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-examples-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a compiled example in an empty directory, with a store of its own. */
async function run(script: string, env: Record<string, string> = {}) {
  return await execa("node", [script], {
    cwd: folder,
    env: { ASHLAR_STORE: join(folder, "store"), ...env },
    reject: false,
  });
}

function example(name: string): string {
  return join(packageRoot, "dist", `${name}.js`);
}

test("hello: the second run reuses both stages, and exports the page", async () => {
  expect((await run(example("hello"))).stdout).toContain("ran: [ 'render', 'check' ]");
  expect(readFileSync(join(folder, "site/index.html"), "utf8")).toContain("<li>Bonjour</li>");
  expect((await run(example("hello"))).stdout).toContain("ran: [], reused: [ 'render', 'check' ]");
});

test("hello: a comment in the renderer re-runs it, and ends there", async () => {
  // A copy of the example beside the installed packages, so that it can be edited.
  const copy = mkdtempSync(join(packageRoot, "dist", "copy-"));
  try {
    cpSync(join(packageRoot, "hello"), join(copy, "hello"), { recursive: true });
    cpSync(example("hello"), join(copy, "script", "hello.js"));
    const script = join(copy, "script", "hello.js");
    await run(script);
    appendFileSync(join(copy, "hello/page.mjs"), "// a comment\n");
    expect((await run(script)).stdout).toContain("ran: [ 'render' ], reused: [ 'check' ]");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test("functions: what can be reused is, and a helper of the module counts", async () => {
  const copy = mkdtempSync(join(packageRoot, "dist", "copy-"));
  try {
    cpSync(join(packageRoot, "functions"), join(copy, "functions"), { recursive: true });
    for (const name of ["functions", "functions-pipeline"]) {
      cpSync(example(name), join(copy, "script", `${name}.js`));
    }
    const script = join(copy, "script", "functions.js");
    const { stdout } = await run(script);
    expect(stdout).toContain("# Words\n\n- stone: 4\n- and: 2\n- alone: 1");
    expect(stdout).toContain("ran: [ 'rank', 'page', 'show' ], reused: []");
    expect((await run(script)).stdout).toContain("ran: [ 'show' ], reused: [ 'rank', 'page' ]");
    appendFileSync(join(copy, "functions/lib/words.mjs"), "// a comment\n");
    const third = (await run(script)).stdout;
    expect(third).toContain("ran: [ 'rank', 'show' ], reused: [ 'page' ]");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

describe.skipIf(!hasBash)(hasBash ? "with bash" : "with bash (there is none here)", () => {
  test("build-site: exports the page and its packed form", async () => {
    expect((await run(example("build-site"))).stdout).toBe("ran: render, check, pack");
    expect(existsSync(join(folder, "site/index.html.gz"))).toBe(true);
    expect((await run(example("build-site"))).stdout).toBe("ran: nothing");
  });

  test("embed: shows progress, and what the stages print", async () => {
    const { stdout, exitCode } = await run(example("embed"));
    expect(stdout).toContain("the page is well formed");
    expect(stdout).toContain("pack: ran");
    expect(exitCode).toBe(0);
  });

  test("the tour on the Node project tells its story", async () => {
    // A PATH without cargo, wherever the machine has it.
    const tools = join(folder, "tools");
    mkdirSync(tools);
    for (const name of ["node", "bash", "cp", "mkdir"]) {
      symlinkSync((await execa("which", [name])).stdout, join(tools, name));
    }
    const { stdout, exitCode } = await run(example("tour"), { PATH: tools });
    expect(stdout).toContain("A tour of Ashlar, on a small Node project.");
    expect(summary(stdout)).toEqual({
      a: { ran: 4, reused: 0 },
      b: { ran: 0, reused: 4 },
      c: { ran: 1, reused: 3 },
      d: { ran: 3, reused: 1 },
      e: { ran: 0, reused: 1 },
      f: { ran: 0, reused: 4 },
    });
    expect(existsSync(join(folder, "tour/src/main.js"))).toBe(true);
    expect(exitCode).toBe(0);
  });
});

describe.skipIf(!hasCargo)(hasCargo ? "with cargo" : "with cargo (there is none here)", () => {
  test("the tour on the Rust workspace tells its story", async () => {
    const { stdout, exitCode } = await run(example("tour"));
    expect(stdout).toContain("A tour of Ashlar, on a Rust workspace");
    expect(summary(stdout)).toEqual({
      a: { ran: 6, reused: 0 },
      b: { ran: 0, reused: 6 },
      c: { ran: 1, reused: 5 },
      d: { ran: 3, reused: 3 },
      e: { ran: 0, reused: 3 },
      f: { ran: 0, reused: 6 },
    });
    const { stdout: counted } = await execa(join(folder, "tour/bin/tally"), {
      input: "lime, sand, lime",
    });
    expect(counted).toContain("lime  2");
    expect(exitCode).toBe(0);
  });

  test("parallel twice, then sequential: only the first executes anything", async () => {
    const first = await run(example("parallel"));
    expect(first.stdout.match(/^ {2}ran/gm)).toHaveLength(6);
    for (const name of ["parallel", "sequential"]) {
      const again = await run(example(name));
      expect(again.stdout).not.toMatch(/^ {2}ran/m);
      expect(again.stdout.match(/^ {2}reused/gm)).toHaveLength(6);
    }
  });
});

/** How many stages ran and were reused in each act of a tour. */
function summary(stdout: string): Record<string, { ran: number; reused: number }> {
  const acts: Record<string, { ran: number; reused: number }> = {};
  for (const [, letter = "", ran = "", reused = ""] of stdout.matchAll(
    /^\((\w)\) ran: ([^;]*); reused: ([^;\n]*)/gm,
  )) {
    acts[letter] = { ran: count(ran), reused: count(reused) };
  }
  return acts;
}

function count(names: string): number {
  return names.trim() === "nothing" ? 0 : names.split(",").length;
}

async function isThere(program: string, flag: string): Promise<boolean> {
  return (await execa(program, [flag], { reject: false })).exitCode === 0;
}
