/**
 * The commands of this workspace: each is a name for a list of steps.
 *
 *     npm test    install ─▶ build ─▶ bundle ─▶ lint ─▶ check ─▶ unit
 *     npm start   install ─▶ build ─▶ tour
 *
 * `npm test` leaves out the tests when they have passed for the same files; see `passed.mjs`.
 *
 * Steps run one after another; the first that fails ends the run with its exit
 * code. Needs nothing but Node and npm, so it may import only its neighbours and
 * `node:` modules. Words after the command go to its last step:
 * `npm run test:unit -- test/house -t floor`.
 *
 * @module
 */
import { npm, pnpm, runNode } from "./child.mjs";
import { install } from "./install.mjs";
import { forgetPassed, hasPassed, keepPassed, whatIsTested } from "./passed.mjs";

/** @typedef {(words: string[]) => Promise<number>} Step runs, and returns an exit code */

const tsc = "node_modules/typescript/bin/tsc";
const oxlint = "node_modules/oxlint/bin/oxlint";
const oxfmt = "node_modules/oxfmt/bin/oxfmt";
const vitest = "node_modules/vitest/vitest.mjs";

/** @type {Record<string, Step>} */
const steps = {
  install,
  // `npm install` puts only the workspace's own tools where they belong; pnpm comes here, too.
  postinstall: async () =>
    process.env["npm_config_user_agent"]?.startsWith("npm/") ? install([]) : 0,
  // The examples reference every package, so building them builds all.
  build: (words) => runNode([tsc, "--build", "packages/examples", ...words]),
  bundle: (words) => runNode(["scripts/bundle.mjs", ...words]),
  lint: (words) => runNode([oxlint, "--deny-warnings", ...words]),
  format: (words) => runNode([oxfmt, "--check", ...words]),
  check: (words) => runNode([tsc, "--build", "test", "bench", "packages/cli/page", ...words]),
  unit,
  crates: (words) => {
    process.env["ASHLAR_NETWORK"] = "1";
    const named = words.length === 0 ? [] : ["-t", `real crates, .*(${words.join("|")}) `];
    return runNode([
      vitest,
      "run",
      "test/cargo-real-crates.test.ts",
      "--reporter=verbose",
      ...named,
    ]);
  },
  "fix lint": (words) => runNode([oxlint, "--fix", ...words]),
  "fix format": (words) => runNode([oxfmt, "--write", ...words]),
  bench: (words) => runNode(["bench/main.mjs", ...words]),
  ashlar: (words) => runNode(["packages/cli/dist/bin.js", ...words]),
  tour: (words) => runNode(["packages/examples/dist/tour.js", ...words]),
  // They are packages, too. Not of the workspace: nothing needs them but the tests that say so.
  nodes: () =>
    npm([
      ...["install", "--prefix", "node_modules/.cache/nodes", "--no-audit", "--no-fund"],
      ...["--no-save", "node20@npm:node@20", "node22@npm:node@22", "node24@npm:node@24"],
    ]),
  pnpm: (words) => pnpm(words),
};

/** @type {Record<string, string[]>} */
const commands = {
  start: ["install", "build", "tour"],
  test: ["install", "build", "bundle", "lint", "format", "check", "unit"],
  build: ["install", "build", "bundle"],
  lint: ["install", "build", "lint", "format"],
  check: ["install", "build", "check"],
  fix: ["install", "build", "fix lint", "fix format"],
  // The tests of the examples run what was built.
  "test:unit": ["install", "build", "bundle", "unit"],
  crates: ["install", "build", "crates"],
  bench: ["install", "build", "bundle", "bench"],
  ashlar: ["install", "build", "ashlar"],
  nodes: ["nodes"],
  pnpm: ["pnpm"],
  postinstall: ["postinstall"],
};

const nothingNew =
  "nothing has changed since the tests passed; `npm run test:unit` runs them all the same";

/** @type {Step} */
async function unit(words) {
  const tested = whatIsTested();
  const code = await runNode([vitest, "run", ...words]);
  if (code !== 0) forgetPassed();
  // Somebody may have edited a file meanwhile: then nobody knows what has passed.
  else if (words.length === 0 && whatIsTested() === tested) keepPassed(tested);
  return code;
}

/**
 * @param {string} command
 * @param {string} name of a step
 * @param {string[]} words
 * @returns {boolean} true if the step would find nothing new
 */
function isNeedless(command, name, words) {
  if (command !== "test" || name !== "unit" || words.length > 0 || process.env["CI"]) return false;
  return hasPassed(whatIsTested());
}

/**
 * Runs one command.
 *
 * @param {string | undefined} command
 * @param {string[]} words
 * @returns {Promise<number>} the exit code of the first step that failed, else 0
 */
async function run(command, words) {
  const names = command === undefined ? undefined : commands[command];
  if (command === undefined || names === undefined) {
    console.error(`usage: node scripts/run.mjs <${Object.keys(commands).join(" | ")}> [words...]`);
    return 2;
  }
  for (const name of names) {
    if (isNeedless(command, name, words)) {
      console.error(`ok      ${name}: ${nothingNew}`);
      continue;
    }
    const started = performance.now();
    const code = (await steps[name]?.(name === names.at(-1) ? words : [])) ?? 1;
    const seconds = `${((performance.now() - started) / 1000).toFixed(2)} s`;
    console.error(
      `${code === 0 ? "ok    " : "FAILED"}  ${name.padEnd(10)}  ${seconds.padStart(9)}`,
    );
    if (code !== 0) return code;
  }
  return 0;
}

const [command, ...words] = process.argv.slice(2);
process.exitCode = await run(command, words);
