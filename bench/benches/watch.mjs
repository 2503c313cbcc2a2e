/**
 * `watch`: from an edit to a command that has run.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { inRounds } from "../measure/rounds.mjs";
import { ashlarVersion } from "../peers/scripts.mjs";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));
const program = join(packages, "cli/dist/bundle/bin.js");

/** @type {import("./bench.mjs").Bench} */
export const watch = {
  name: "watch",
  about:
    "`ashlar watch` over 1,000 stages: from an edit until the one command that it needs has run.",
  unit: "ms",
  runs: 11,
  goals: [{ row: "ashlar", limit: 100, unit: "ms" }],

  async run({ size = 1000, runs, place }) {
    const project = place.next();
    writeProject(project, size);
    const env = { ...process.env, ASHLAR_STORE: join(project, ".store"), CI: "" };
    const words = ["watch", "--reporter", "plain", "--sandbox", "none"];
    const child = spawn(process.execPath, [program, ...words], { cwd: project, env });
    const said = reader(child);
    try {
      await said("waiting for changes");
      let round = 0;
      const measure = async () => {
        const started = performance.now();
        writeFileSync(join(project, "src", `f${round % size}`), `edit ${++round}\n`);
        await said("ran     copy");
        const value = performance.now() - started;
        await said("waiting for changes");
        return { value };
      };
      // The first one loads what is loaded only once.
      await measure();
      const rows = await inRounds(size, runs, [{ name: "ashlar", measure }]);
      return { rows, versions: { ashlar: ashlarVersion() } };
    } finally {
      child.kill("SIGINT");
    }
  },
};

/**
 * @param {string} project
 * @param {number} size
 */
function writeProject(project, size) {
  mkdirSync(join(project, "src"), { recursive: true });
  mkdirSync(join(project, "node_modules/@ashlar"), { recursive: true });
  symlinkSync(join(packages, "core"), join(project, "node_modules/@ashlar/core"));
  for (let at = 0; at < size; at++) writeFileSync(join(project, "src", `f${at}`), `${at}\n`);
  const text = `import { all, out, sh, source, stage } from "@ashlar/core";
const copy = stage("copy", (file) => sh\`cp \${file} \${out.file("copied")}\`);
const src = source("src");
const members = Array.from({ length: ${size} }, (_, at) => [\`f\${at}\`, copy(src.file(\`f\${at}\`))]);
export const every = all(Object.fromEntries(members));
`;
  writeFileSync(join(project, "ashlar.build.mjs"), text);
}

/**
 * Reads what a program says on its standard error.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @returns {(text: string) => Promise<void>} resolves when it has said that, since the last time
 */
function reader(child) {
  let heard = "";
  let wake = () => {};
  child.stderr?.on("data", (part) => {
    heard += String(part);
    wake();
  });
  child.once("exit", () => wake());
  return async (text) => {
    while (!heard.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it has ended: ${heard}`);
      await new Promise((done) => {
        wake = () => done(undefined);
      });
    }
    heard = heard.slice(heard.indexOf(text) + text.length);
  };
}
