/**
 * Child processes: one measurement is one process, from its start to its end.
 *
 * @module
 */
import { spawnSync } from "node:child_process";

/**
 * @typedef {object} Finished
 * @property {number} ms from before the start to after the end
 * @property {string} stdout
 * @property {string} stderr
 */

/** What a project may print at most. */
const maxBuffer = 256 * 1024 * 1024;

/**
 * Runs a program to its end, and says how long that took.
 *
 * @param {readonly string[]} argv
 * @param {{ cwd?: string, env?: Record<string, string> }} [options] `env` is added to the environment
 * @returns {Finished}
 * @throws {Error} with all that it printed, when it does not exit with 0
 */
export function run([program = "", ...words], { cwd, env } = {}) {
  const started = performance.now();
  const child = spawnSync(program, words, {
    cwd,
    env: { ...plainEnvironment(), ...env },
    encoding: "utf8",
    maxBuffer,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ms = performance.now() - started;
  const { error, status, stdout, stderr } = child;
  if (error !== undefined) throw new Error(`cannot start \`${program}\``, { cause: error });
  if (status === 0) return { ms, stdout, stderr };
  const command = [program, ...words].join(" ").slice(0, 300);
  throw new Error(`\`${command}\` ended with ${status}\n${tail(stdout)}${tail(stderr)}`);
}

/**
 * The first line that a program prints, or `undefined` when there is no such program.
 *
 * @param {readonly string[]} argv
 * @returns {string | undefined}
 */
export function firstLine(argv) {
  try {
    return run(argv).stdout.trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

/**
 * The environment without what npm adds to it, and without the certificates that Node would parse at
 * every start (40 ms), needed or not.
 *
 * @returns {Record<string, string>}
 */
function plainEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== "NODE_EXTRA_CA_CERTS" && !/^npm_(?:package|lifecycle)_/.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""]));
}

/**
 * @param {string} text
 * @returns {string}
 */
function tail(text) {
  return text.slice(-2000);
}
