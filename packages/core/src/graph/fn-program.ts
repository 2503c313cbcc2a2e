/**
 * The program that a `fn` is run by, in a Node of its own.
 *
 * A text and not a module of this package: it is laid into the input root and so is part of the action
 * key, which must not depend on how this package was compiled or bundled.
 *
 * @module
 */

/**
 * Reads `call.json` beside it, calls the function that is named there, and reports what it throws
 * without the paths of the place where it runs.
 */
export const fnProgram = `import { readFileSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

const here = new URL("./", import.meta.url).href;
const { module, name, given } = JSON.parse(readFileSync(new URL("call.json", here), "utf8"));
const root = new URL("../", here);
let isOver = false;

/** Stack traces name places in the user's files, and neither this program nor Node's insides. */
function explain(error) {
  const isMissing = /^(?:ERR_)?MODULE_NOT_FOUND$/.test(error?.code ?? "");
  const hint = "\\nOnly what is imported by a literal name is taken along; name other files in \`include\`.";
  return (inspect(error) + (isMissing && module !== "run.mjs" ? hint : ""))
    .split("\\n")
    .filter((line) => !/^ +at .*(\\(node:|at node:|\\.fn\\/(?:modules\\/)?start\\.mjs:)/.test(line))
    .join("\\n")
    .replaceAll(/file:\\S*\\/run\\.mjs:(\\d+):(\\d+)/g, (_, line, column) => \`run:\${line - 1}:\${column}\`)
    .replaceAll("at default (run:", "at run (run:")
    .replaceAll(here + "modules/files/", "")
    .replaceAll(fileURLToPath(here) + "modules/files/", "")
    .replaceAll(root.href, "")
    .replaceAll(fileURLToPath(root), "");
}

function fail(text) {
  isOver = true;
  process.exitCode = 1;
  process.stderr.write(text + "\\n", () => process.exit(1));
}

async function main() {
  const loaded = await import(new URL(module, here).href);
  const { [name]: run } = loaded.load === undefined ? loaded : await loaded.load();
  if (typeof run !== "function") {
    const names = Object.keys(loaded.load === undefined ? loaded : await loaded.load());
    return fail(\`the module exports no function \\\`\${name}\\\`; it exports: \${names.join(", ") || "nothing"}\`);
  }
  await run(given);
}

process.on("uncaughtException", (error) => fail(explain(error)));
process.on("exit", () => {
  if (isOver) return;
  writeSync(2, "the function never came to its end: what it waits for cannot happen any more\\n");
  process.exitCode = 1;
});
main().then(
  () => (isOver = true),
  (error) => fail(explain(error)),
);
`;
