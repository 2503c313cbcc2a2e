/**
 * Services of the Remote Execution API for benches: buildbox-casd where it is, else ours in memory.
 *
 * `scripts/remote-servers.sh` installs casd.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {number} port
 * @property {boolean} executes
 */

/**
 * Starts a service; it ends with this process, or when `stop` is called.
 *
 * @param {string} folder for what it keeps
 * @param {{ jobs?: number }} [options] commands that it executes at a time, if it can; none unless that is said
 * @returns {Promise<Service & { stop: () => void }>}
 */
export async function startService(folder, { jobs = 0 } = {}) {
  const casd = programOf("buildbox-casd");
  const hosttools = programOf("buildbox-run-hosttools");
  if (casd === undefined) {
    const script = fileURLToPath(new URL("../ashlar/remote-service.mjs", import.meta.url));
    const { port, stop } = await startPrinting([
      process.execPath,
      "--conditions=@ashlar/bundle",
      script,
    ]);
    return { name: "ours in memory", port, executes: false, stop };
  }
  const port = await freePort();
  const executes = jobs > 0 && hosttools !== undefined;
  const execution = executes ? ["--buildbox-run", hosttools, "--jobs", String(jobs)] : [];
  const words = ["--bind", `127.0.0.1:${port}`, "--log-level", "error", ...execution, folder];
  const child = spawn(casd, words, { stdio: "ignore" });
  const stop = stopping(child);
  await listening(port);
  return { name: "buildbox-casd", port, executes, stop };
}

/**
 * Resolves when somebody listens.
 *
 * @param {number} port
 */
async function listening(port) {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("buildbox-casd does not listen");
}

/**
 * Starts a proxy in front of a port.
 *
 * @param {number} port
 * @param {number} roundTripMs
 */
export async function startProxy(port, roundTripMs) {
  const script = fileURLToPath(new URL("delaying-proxy.mjs", import.meta.url));
  return await startPrinting([process.execPath, script, String(port), String(roundTripMs / 2)]);
}

/**
 * Starts what prints its port.
 *
 * @param {readonly string[]} argv
 * @returns {Promise<{ port: number, stop: () => void }>}
 */
async function startPrinting([program = "", ...words]) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(Number(line)));
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  return { port, stop: stopping(child) };
}

/** @param {import("node:child_process").ChildProcess} child */
function stopping(child) {
  const stop = () => void child.kill("SIGKILL");
  process.once("exit", stop);
  return stop;
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === "object" ? address.port : 0;
}

/**
 * As tests look for it.
 *
 * @param {string} name
 */
function programOf(name) {
  const { ASHLAR_SERVERS, XDG_CACHE_HOME, PATH = "" } = process.env;
  const cache = XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const own = join(ASHLAR_SERVERS ?? join(cache, "ashlar-servers"), "bin");
  return [own, ...PATH.split(delimiter)].map((each) => join(each, name)).find(existsSync);
}
