/**
 * Child processes of the scripts: their output streams through, their exit code comes back, and signals
 * that would end this process go to them.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The folder of the workspace, absolute. Every child runs in it. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The one pnpm this workspace is installed with. Not a `packageManager` field:
 * that would make any other pnpm fetch this one by itself.
 */
const pnpmVersion = "12.21.0";

/** What npm tells its scripts about itself; pnpm would take some of it for its own settings. */
const npmChatter =
  /^npm_(?:package_|lifecycle_|command$|execpath$|node_execpath$|config_(?:user_agent|npm_version|node_gyp|init_module|local_prefix|prefix|global_prefix|global)$)/i;

/** Signals that ask a process to end. @type {readonly NodeJS.Signals[]} */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a Node program.
 *
 * @param {string[]} argv the script, relative to the workspace, and its arguments
 * @returns {Promise<number>} its exit code, or 128 and the signal's number, as a shell reports it
 */
export function runNode(argv) {
  const env = { ...process.env };
  // Node parses the whole bundle at every start (40 ms), and no step talks to the network unless it is told.
  if (env["ASHLAR_NETWORK"] === undefined) delete env["NODE_EXTRA_CA_CERTS"];
  return run(process.execPath, argv, env, false);
}

/**
 * Runs pnpm at the workspace's version, which npm downloads when it is not yet in its cache.
 *
 * @param {string[]} words
 * @returns {Promise<number>} its exit code
 */
export function pnpm(words) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !npmChatter.test(name)),
  );
  const argv = ["--yes", "--loglevel=error", `pnpm@${pnpmVersion}`, ...words];
  return run("npx", argv, env, process.platform === "win32");
}

/**
 * Runs npm, the one that is there.
 *
 * @param {string[]} words
 * @returns {Promise<number>} its exit code
 */
export function npm(words) {
  return run("npm", words, { ...process.env }, process.platform === "win32");
}

/**
 * @param {string} program
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} env
 * @param {boolean} shell
 * @returns {Promise<number>}
 */
function run(program, argv, env, shell) {
  return new Promise((resolve) => {
    const child = spawn(program, argv, { cwd: root, env, shell, stdio: "inherit" });
    /** @type {NodeJS.Signals | undefined} */
    let received;
    // From a terminal, the child has it already. It must not mind: nobody can tell here who sent it.
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      received ??= signal;
      child.kill(signal);
    };
    for (const signal of endings) process.on(signal, forward);
    child.on("error", (error) => {
      console.error(`cannot start \`${program}\`: ${error.message}`);
      resolve(127);
    });
    child.on("exit", (code, signal) => {
      for (const each of endings) process.off(each, forward);
      // Even if the child made nothing of it: no step is to follow.
      const endedBy = received ?? signal;
      resolve(endedBy === null ? (code ?? 1) : 128 + constants.signals[endedBy]);
    });
  });
}
