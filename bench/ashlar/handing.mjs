/**
 * A stage that starts from a target directory as commands of `@ashlar/cargo` do, and adds nothing.
 *
 *     node handing.mjs PROJECT STORE TREES SANDBOX ROUND
 *
 * `TREES` is where large inputs stay laid out, or empty. Prints one line of JSON: how many stages ran.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build, localRunner, out, sh, source, stage, text, tool } from "./api.mjs";

const [project = "", store = "", trees = "", sandbox = "auto", round = "0"] = process.argv.slice(2);
const programs = fileURLToPath(new URL("../../packages/cargo/dist/programs", import.meta.url));
const toml = createRequire(join(programs, "index.js")).resolve("smol-toml");
const hand = stage(
  "hand",
  (/** @type {string} */ which) =>
    sh({
      root: {
        deps: source(join(project, "deps"), { gitignore: false }),
        programs: source(programs, { include: ["*.js"], gitignore: false }),
        "programs/node_modules/smol-toml": source(dirname(dirname(toml)), {
          include: ["package.json", "dist/**/*.js"],
          gitignore: false,
        }),
        "programs/package.json": text('{ "type": "module" }\n'),
        "programs/hand.js": text(
          'import { layOver } from "./lay-over.js";\nlayOver("../deps", "../target").remove();\n',
        ),
      },
      cwd: "programs",
      tools: [tool.node()],
      env: { ROUND: which },
      outputs: { target: out.tree("target") },
    })`node hand.js`,
);
const runner = localRunner({
  sandbox: /** @type {"none" | "required"} */ (sandbox),
  ...(trees !== "" && { trees }),
});
const report = await build(hand(round), { runner, store });
await runner[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ran: report.ran.length })}\n`);
