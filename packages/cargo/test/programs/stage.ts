/**
 * A hand-made stage: the folders in which programs run, and a closed environment.
 *
 * It does what a runner and a content store do: inputs are copied in, times are forgotten,
 * sources are read-only, and `PATH` holds nothing but the declared tools.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { CRATES_IO, sourceReplacement } from "../../src/programs/source-replacement.ts";
import { forgetTimes, walk } from "../../src/programs/tree.ts";

/** How a program or a tool ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to lay out, by folder of the stage. */
export interface Inputs {
  readonly ws: string;
  readonly vendor?: string;
  readonly target?: string;
}

const SOURCES = fileURLToPath(new URL("../../src/programs/", import.meta.url));
const RUST_TOOLS = "cargo rustc rustdoc cargo-clippy clippy-driver cargo-fmt rustfmt".split(" ");
const HOST_TOOLS = "cc ld as ar sh".split(" ");

/** The folders of one stage after another, always at one place. */
export class Stage {
  readonly #folder: string = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-cargo-")));
  /** The stage itself, emptied before each run. */
  readonly root: string = join(this.#folder, "stage");
  /** Outputs that later stages take in, by name. */
  readonly store: string = join(this.#folder, "store");

  constructor(extraTools: readonly string[] = []) {
    compilePrograms(join(this.#folder, "programs"));
    linkTools(join(this.#folder, "tools"), extraTools);
  }

  /** Lays out inputs in an empty stage. */
  enter({ ws, ...others }: Inputs): void {
    rmSync(this.root, { recursive: true, force: true });
    mkdirSync(join(this.root, "out"), { recursive: true });
    symlinkSync(join(this.#folder, "programs"), join(this.root, "programs"));
    layOut(ws, join(this.root, "ws"));
    for (const { path, kind } of walk(join(this.root, "ws"))) {
      if (kind === "file") chmodSync(join(this.root, "ws", path), 0o444);
    }
    for (const [name, from] of Object.entries(others)) layOut(from, join(this.root, name));
  }

  /** Runs one of our programs in the stage. */
  program(name: string, parameters: object): Ended {
    return this.tool("node", `../programs/${name}.js`, JSON.stringify(parameters));
  }

  /** Runs any declared tool in the stage. */
  tool(command: string, ...args: readonly string[]): Ended {
    const child = spawnSync(join(this.#folder, "tools", command), args, {
      cwd: join(this.root, "ws"),
      encoding: "utf8",
      env: {
        PATH: join(this.#folder, "tools"),
        CARGO_HOME: "../home",
      },
    });
    if (child.error !== undefined) throw child.error;
    return { exitCode: child.status ?? 128, stdout: child.stdout, stderr: child.stderr };
  }

  /** Keeps an output of the stage under another name, times forgotten. */
  keep(path: string, name: string): string {
    const kept = join(this.store, name);
    mkdirSync(this.store, { recursive: true });
    rmSync(kept, { recursive: true, force: true });
    renameSync(join(this.root, path), kept);
    forgetTimes(kept);
    return kept;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Lays out the crates of a registry as a workspace finds them, which takes no program. */
export function layVendor(registry: string, to: string): string {
  mkdirSync(to, { recursive: true });
  for (const folder of readdirSync(registry))
    cpSync(join(registry, folder), join(to, folder), { recursive: true });
  const config = sourceReplacement([CRATES_IO], { directory: "vendor", projectConfig: {} });
  writeFileSync(join(to, "config.toml"), config);
  forgetTimes(to);
  return to;
}

/** The folder of a tool on this machine's `PATH`. */
export function findTool(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const home = process.env["CARGO_HOME"] ?? join(process.env["HOME"] ?? "", ".cargo");
  return [...folders, join(home, "bin")]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** The real binaries of the toolchain: what is on `PATH` may be rustup's proxies. */
export function toolchainFolder(): string | undefined {
  const rustc = findTool("rustc");
  if (rustc === undefined) return undefined;
  return join(execFileSync(rustc, ["--print", "sysroot"], { encoding: "utf8" }).trim(), "bin");
}

function layOut(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  forgetTimes(to);
}

/** Compiles the programs alone: what else is in the package does not run inside stages. */
function compilePrograms(out: string): void {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name));
  const flags = "--ignoreConfig --noCheck --target ES2022 --module NodeNext --types node";
  execFileSync(
    process.execPath,
    [tsc, ...flags.split(" "), "--rewriteRelativeImportExtensions", "--outDir", out, ...sources],
    { stdio: "inherit", cwd: SOURCES },
  );
  writeFileSync(join(out, "package.json"), '{ "type": "module" }\n');
  const toml = dirname(dirname(require.resolve("smol-toml")));
  cpSync(realpathSync(toml), join(out, "node_modules", "smol-toml"), { recursive: true });
}

function linkTools(folder: string, extra: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const toolchain = toolchainFolder() ?? "";
  for (const name of RUST_TOOLS) symlinkSync(join(toolchain, name), join(folder, name));
  symlinkSync(process.execPath, join(folder, "node"));
  for (const name of [...HOST_TOOLS, ...extra]) {
    const tool = findTool(name);
    if (tool !== undefined) symlinkSync(tool, join(folder, name));
  }
}
