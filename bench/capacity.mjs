/**
 * The tables of `docs/capacity.md`: how builds go on 8 to 10,000 workers, and what they cost by their size.
 *
 *     node bench/capacity.mjs [--small]
 *
 * Wants the bundles (`npm run build`), and a C compiler for the build that is recorded. Prints Markdown.
 *
 * @module
 */
import { describeMachine } from "./measure/machine.mjs";
import { Workplace } from "./measure/workplace.mjs";
import { ashlarVersion, runScript } from "./peers/scripts.mjs";

const isSmall = process.argv.includes("--small");
const workers = [8, 32, 128, 512, 2000, 10_000];

/**
 * @param {string} script
 * @param {readonly (string | number)[]} words
 * @returns {any}
 */
function run(script, words) {
  process.stderr.write(`${script} ${words.join(" ")}\n`);
  return JSON.parse(runScript(script, words).stdout);
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly (string | number)[])[]} rows
 */
function print(head, rows) {
  const line = (/** @type {readonly (string | number)[]} */ cells) => `| ${cells.join(" | ")} |\n`;
  const rule = head.map((_, at) => (at === 0 ? "---" : "---:"));
  process.stdout.write(`${[head, rule, ...rows].map(line).join("")}\n`);
}

/** @param {number} ms @returns {string} */
function time(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 600_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms < 36_000_000 ? `${(ms / 60_000).toFixed(0)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** @param {number} share @returns {string} */
const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

const { cpus, ...machine } = describeMachine();
process.stdout.write(
  `${new Date().toISOString().slice(0, 10)}, ${JSON.stringify({ cpus, ...machine })}, ashlar ${ashlarVersion()}\n\n`,
);

const place = new Workplace();
try {
  const recorded = run("recorded", [
    place.next(),
    isSmall ? 2 : 12,
    isSmall ? 4 : 20,
    1,
    2,
    4,
    ...workers,
  ]);
  const { stages, workMs, criticalMs } = recorded;
  process.stdout.write(
    `recorded: ${stages} stages, ${time(workMs)} of work, longest way ${time(criticalMs)}; really took ${time(recorded.makespanMs)} on all processors\n\n`,
  );
  print(
    ["workers", "build takes", "times faster than one", "workers are busy"],
    recorded.rows.map((/** @type {any} */ row) => [
      row.slots,
      time(row.makespanMs),
      `${(recorded.rows[0].makespanMs / row.makespanMs).toFixed(1)} x`,
      percent(row.utilisation),
    ]),
  );
} finally {
  place.remove();
}

const packages = isSmall ? [100, 1000] : [1000, 5000, 20_000];
for (const count of packages) {
  const model = run("monorepo", [count, ...workers]);
  process.stdout.write(
    `model: ${count} packages, ${model.stages} stages, longest way ${time(model.rows[0].criticalMs)}; described in ${time(model.describeMs)}, ${model.maxRssMb.toFixed(0)} MB\n\n`,
  );
  print(
    ["workers", "build takes", "workers are busy", "stages a second", "simulated in"],
    model.rows.map((/** @type {any} */ row) => [
      row.slots,
      time(row.makespanMs),
      percent(row.utilisation),
      ((1000 * model.stages) / row.makespanMs).toFixed(1),
      time(row.tookMs),
    ]),
  );
}

const sizes = isSmall ? [1000, 10_000] : [1000, 10_000, 30_000, 100_000];
print(
  ["stages", "described", "all run, a stage", "nothing runs, a stage", "memory"],
  sizes.map((count) => {
    const { describeMs, buildMs, againMs, maxRssMb } = run("overhead", [count]);
    return [
      count,
      time(describeMs),
      `${((1000 * buildMs) / count).toFixed(0)} us`,
      `${((1000 * againMs) / count).toFixed(0)} us`,
      `${maxRssMb.toFixed(0)} MB`,
    ];
  }),
);

print(
  ["workers", "stages", "scheduled, a stage", "memory"],
  workers.map((slots) => {
    const count = isSmall ? 2000 : 20_000;
    const { tookMs, maxRssMb } = run("simulate", ["build", count, slots]);
    return [
      slots,
      count,
      `${((1000 * tookMs) / count).toFixed(0)} us`,
      `${maxRssMb.toFixed(0)} MB`,
    ];
  }),
);

const calls = new Workplace();
try {
  const count = isSmall ? 1000 : 10_000;
  const { rows } = run("remote-calls", [calls.next(), count]);
  const each = (/** @type {number} */ value) => (value / count).toFixed(2);
  print(
    [
      `${count} stages`,
      "commands run",
      "look-ups a stage",
      "blobs asked for",
      "read",
      "written",
      "bytes written a stage",
    ],
    rows.map((/** @type {any} */ row) => [
      row.name,
      row.ran,
      each(row.lookUps),
      each(row.asked),
      each(row.readBlobs),
      each(row.wroteBlobs),
      Math.round(row.wroteBytes / count),
    ]),
  );
} finally {
  calls.remove();
}
