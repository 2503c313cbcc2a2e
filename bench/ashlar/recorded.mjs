/**
 * A build in C that is really made, and then simulated with other numbers of workers, by what it has recorded.
 *
 *     node recorded.mjs FOLDER LIBRARIES UNITS WORKERS...
 *
 * Each library has so many units, that are compiled, an archive, a program that is linked with it and with the
 * library before, and a run of that program. Prints one line of JSON.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, out, sh, simulate, source, stage } from "./api.mjs";

/** @typedef {import("./api.mjs").File} File */

const [folder = ".", libraries = "8", units = "24", ...workers] = process.argv.slice(2);
const { localRunner } = await import(
  new URL("../../packages/runners/local/dist/index.js", import.meta.url).href
);

const compile = stage(
  "compile",
  (/** @type {File} */ unit) => sh`cc -O2 -c ${unit} -o ${out.file("unit.o")}`,
);
const archive = stage(
  "archive",
  (/** @type {readonly File[]} */ objects) => sh`ar rcsD ${out.file("lib.a")} ${objects}`,
);
const link = stage(
  "link",
  (/** @type {File} */ main, /** @type {readonly File[]} */ archives) =>
    sh`cc -O1 ${main} ${archives} -o ${out.file("app")}`,
);
const check = stage("check", (/** @type {File} */ app) => sh`${app}`);

const place = join(folder, "project");
mkdirSync(place, { recursive: true });
const targets = [];
/** @type {File | undefined} */
let before;
for (let library = 0; library < Number(libraries); library++) {
  const names = Array.from({ length: Number(units) }, (_, unit) => `l${library}u${unit}`);
  for (const [at, name] of names.entries()) {
    writeFileSync(
      join(place, `${name}.c`),
      unitText(name, 10 + ((library * 7 + at * 13) % 17) * 8),
    );
  }
  const calls = names.map((name) => `  sum += ${name}_0(sum);\n`).join("");
  const declared = names.map((name) => `int ${name}_0(int);\n`).join("");
  writeFileSync(
    join(place, `main${library}.c`),
    `${declared}int main(void) {\n  int sum = 1;\n${calls}  return sum == 42;\n}\n`,
  );
  const objects = names.map((name) => compile(source.file(`${name}.c`)).as(`${name}.o`));
  const lib = archive(objects);
  const below = before === undefined ? [] : [before.as("before.a")];
  const app = link(source.file(`main${library}.c`), [lib.as("own.a"), ...below]);
  targets.push(check(app));
  before = lib;
}

const runner = localRunner({ sandbox: "none" });
const options = { runner, store: join(folder, "store"), cwd: place };
const report = await build(targets, options);
const { makespanMs, utilisation, criticalMs } = report.timing();
const workMs = report.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
const rows = [];
for (const slots of workers.map(Number)) {
  const simulated = await simulate(targets, { ...options, slots });
  rows.push({ slots, makespanMs: simulated.makespanMs, utilisation: simulated.utilisation });
}
await runner[Symbol.asyncDispose]();
const stages = report.stages.length;
process.stdout.write(
  `${JSON.stringify({ stages, workMs, makespanMs, utilisation, criticalMs, rows })}\n`,
);

/**
 * A unit with so many functions, each of which gives the compiler something to think about.
 *
 * @param {string} name
 * @param {number} functions
 * @returns {string}
 */
function unitText(name, functions) {
  const parts = [];
  for (let at = functions - 1; at >= 0; at--) {
    const rest = at === functions - 1 ? "x" : `${name}_${at + 1}(x)`;
    parts.push(
      `int ${name}_${at}(int x) {\n  int a[16];\n` +
        `  for (int i = 0; i < 16; i++) a[i] = x * (i + ${at}) ^ (x >> (i & 7));\n` +
        `  for (int i = 1; i < 16; i++) a[i] += a[i - 1] / (1 + (a[i] & 15));\n` +
        `  return (a[15] & 1) ? ${rest} : a[3] + a[7];\n}\n`,
    );
  }
  return parts.join("\n");
}
