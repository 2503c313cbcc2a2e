/**
 * Puts the examples into READMEs, the project's and the packages': each marked block is the source of an
 * example, without its head.
 *
 *     node scripts/readme.mjs           writes them
 *     node scripts/readme.mjs --check   fails if that would change one
 *
 * @module
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const block = /<!-- (packages\/\S+) -->\n\n```ts\n[^]*?```/g;

/** All READMEs: paths in the workspace. */
export function readmes() {
  const folders = ["packages", "packages/runners"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  );
  return ["README.md", ...folders.map((folder) => join(folder, "README.md")).toSorted()].filter(
    (path) => existsSync(join(root, path)),
  );
}

/**
 * A README with every block taken from its file anew.
 *
 * @param {string} path in the workspace
 */
export function renderReadme(path) {
  return readFileSync(join(root, path), "utf8").replaceAll(block, (_, example) => {
    const text = readFileSync(join(root, example), "utf8");
    const body = text.replace(/^\/\*\*[^]*?\*\/\n/, "").trim();
    return `<!-- ${example} -->\n\n\`\`\`ts\n${body}\n\`\`\``;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of readmes()) {
    const wanted = renderReadme(path);
    const isSame = readFileSync(join(root, path), "utf8") === wanted;
    if (!process.argv.includes("--check")) writeFileSync(join(root, path), wanted);
    else if (!isSame) {
      console.error(
        `${path} does not show the examples as they are: run \`node scripts/readme.mjs\``,
      );
      process.exitCode = 1;
    }
  }
}
