/**
 * Child processes that run a TypeScript module of the tests from the sources, as a user's script would.
 *
 * @module
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const vite = createRequire(require.resolve("vitest/package.json")).resolve("vite");

/** Run by Node: loads a module the way vitest does. */
const loader = `
const [module] = process.argv.splice(1, 1);
process.argv.splice(1, 0, module);
const { runnerImport } = await import(${JSON.stringify(pathToFileURL(vite).href)});
const conditions = ["@ashlar/source", "module", "node"];
const resolve = { conditions, noExternal: [/^@ashlar\\//] };
const oxc = { target: "node20" };
await runnerImport(module, { logLevel: "error", oxc, environments: { inline: { resolve } } });
`;

/** An unprivileged user: that of nobody, nearly everywhere. */
export const nobody = 65534;

/** Why the tests cannot run something as an unprivileged user; `undefined` if they can. */
export const whyNotNobody: string | undefined =
  process.getuid?.() !== 0
    ? undefined
    : existsSync("/usr/bin/setpriv")
      ? undefined
      : "there is no setpriv to leave root with";

/** How a child runs. */
export interface ChildOptions {
  /** Whether it must not be root. */
  readonly unprivileged?: boolean;
  /** More options for Node. */
  readonly node?: readonly string[];
  /** A file that it has open from the start, under the number 3. */
  readonly open?: number;
}

/** Starts a child that runs a module with some arguments. */
export function startChild(
  module: URL,
  args: readonly string[],
  options: ChildOptions = {},
): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  const [file = "", ...argv] = commandOf(module, args, options);
  return spawn(file, argv, { env: environment(), stdio: ["pipe", "pipe", "inherit"] });
}

/** Runs a child to its end, and returns what it printed. */
export function runChild(
  module: URL,
  args: readonly string[],
  options: ChildOptions = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const [file = "", ...argv] = commandOf(module, args, options);
  const stdio = ["pipe", "pipe", "pipe", ...(options.open === undefined ? [] : [options.open])];
  return spawnSync(file, argv, { env: environment(), encoding: "utf8", stdio: stdio as "pipe"[] });
}

/** The words that start a child. */
export function commandOf(
  module: URL,
  args: readonly string[],
  { unprivileged = false, node = [] }: ChildOptions,
): string[] {
  const argv = [process.execPath, ...node, "--input-type=module", "--eval", loader, "--"];
  const drop = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--"];
  return [
    ...(unprivileged && process.getuid?.() === 0 ? drop : []),
    ...argv,
    fileURLToPath(module),
    ...args,
  ];
}

function environment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, VITEST: ___, ...env } = process.env;
  return { ...env, HOME: "/nonexistent" };
}
