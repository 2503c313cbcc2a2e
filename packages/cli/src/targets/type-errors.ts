/**
 * Type errors of a build file, as the project's own TypeScript finds them.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { codeFrame } from "./code-frame.ts";

/** Problems that are listed. */
const maxProblems = 10;

/**
 * Has TypeScript look at a build file, with the options of the nearest `tsconfig.json`.
 *
 * @param path - Absolute.
 * @returns A text for each problem, with its code frame; `undefined` where there is no TypeScript, or nothing
 *   of TypeScript to look at.
 */
export async function findTypeErrors(
  path: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const tsc = findCompiler(path);
  if (tsc === undefined || !/\.[cm]?tsx?$/.test(path)) return undefined;
  const place = mkdtempSync(join(tmpdir(), "ashlar-types-"));
  try {
    const config = join(place, "tsconfig.json");
    writeFileSync(config, JSON.stringify(configFor(path)));
    const printed = await runCompiler(tsc, config, dirname(path), signal);
    return readProblems(printed, dirname(path));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/**
 * The problems in what `tsc --pretty false` prints: `<file>(<line>,<column>): error TS<n>: <text>`, and without a place
 * what is wrong with the configuration.
 */
export function readProblems(printed: string, folder: string): readonly string[] {
  const problems: string[] = [];
  for (const [, text = ""] of printed.matchAll(/^error (TS\d+: .*)/gm)) problems.push(text);
  for (const match of printed.matchAll(/^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*(?:\n\s.*)*)/gm)) {
    const [, file = "", line, column, code = "", text = ""] = match;
    const frame = frameOf(resolve(folder, file), Number(line), Number(column));
    const head = `${file}:${line}:${column}: ${code}: ${text.trimEnd()}`;
    problems.push(frame === undefined ? head : `${head}\n${frame}`);
  }
  const left = problems.length - maxProblems;
  return left > 0 ? [...problems.slice(0, maxProblems), `… and ${left} more`] : problems;
}

function findCompiler(path: string): string | undefined {
  try {
    const manifest = createRequire(path).resolve("typescript/package.json");
    const tsc = join(dirname(manifest), "bin/tsc");
    return existsSync(tsc) ? tsc : undefined;
  } catch {
    return undefined;
  }
}

/** What a module is to be looked at with; what the project says goes before it, where it says something. */
function configFor(path: string): object {
  const project = nearestConfig(dirname(path));
  // Else those that the project names are looked for beside the configuration, which lies elsewhere.
  const hasRoots = project !== undefined && readFileSync(project, "utf8").includes(`"typeRoots"`);
  const types = hasRoots ? {} : { typeRoots: typeRootsOf(path) };
  const required = { noEmit: true, composite: false, incremental: false, skipLibCheck: true };
  const usual = {
    ...{ target: "ES2022", module: "NodeNext", strict: true, lib: ["ES2023", "ESNext.Disposable"] },
    allowImportingTsExtensions: true,
  };
  return {
    ...(project !== undefined && { extends: project }),
    files: [path],
    include: [],
    references: [],
    compilerOptions: { ...(project === undefined && usual), ...types, ...required },
  };
}

/** Where the types of packages are, from the build file up. */
function typeRootsOf(path: string): readonly string[] {
  const roots: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const root = join(folder, "node_modules/@types");
    if (existsSync(root)) roots.push(root);
    if (dirname(folder) === folder) return roots;
  }
}

function nearestConfig(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, "tsconfig.json");
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

async function runCompiler(
  tsc: string,
  config: string,
  cwd: string,
  signal: AbortSignal,
): Promise<string> {
  const words = [tsc, "--project", config, "--pretty", "false", "--rootDir", "/"];
  return await new Promise((done, fail) => {
    execFile(
      process.execPath,
      words,
      { cwd, signal, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const isFinding = /(^|: )error TS\d/m.test(stdout);
        if (error === null || isFinding) done(stdout);
        else
          fail(
            signal.aborted
              ? (signal.reason as Error)
              : new Error(stdout + stderr, { cause: error }),
          );
      },
    );
  });
}

function frameOf(file: string, line: number, column: number): string | undefined {
  try {
    return codeFrame(readFileSync(file, "utf8"), { line, column });
  } catch {
    return undefined;
  }
}
