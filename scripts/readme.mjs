/**
 * Puts the examples into the README: each marked block is the source of an example, without its head.
 *
 *     node scripts/readme.mjs           writes README.md
 *     node scripts/readme.mjs --check   fails if that would change it
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";

const readme = new URL("../README.md", import.meta.url);
const block = /<!-- (packages\/\S+) -->\n\n```ts\n[^]*?```/g;

/** The README with every block taken from its file anew. */
export function renderReadme() {
  return readFileSync(readme, "utf8").replaceAll(block, (_, path) => {
    const text = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    const body = text.replace(/^\/\*\*[^]*?\*\/\n/, "").trim();
    return `<!-- ${path} -->\n\n\`\`\`ts\n${body}\n\`\`\``;
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const wanted = renderReadme();
  const isSame = readFileSync(readme, "utf8") === wanted;
  if (!process.argv.includes("--check")) writeFileSync(readme, wanted);
  else if (!isSame) {
    console.error(
      "README.md does not show the examples as they are: run `node scripts/readme.mjs`",
    );
    process.exitCode = 1;
  }
}
