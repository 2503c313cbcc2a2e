/**
 * Snippets of the documentation: each is a piece of a test, so it is type-checked and really executed.
 *
 *     page:  <!-- test/x.test.ts#name -->      test:  // docs: name
 *            ```ts                                    ...
 *            ...                                      // docs end
 *            ```
 *
 * Where a test keeps its store is left out: `{ runner, ...options }` is shown as `{ runner }`.
 *
 * @module
 */
import { readFileSync } from "node:fs";

const workspace = new URL("../../", import.meta.url);
const block = /<!-- (test\/\S+)#(\S+) -->\n\n```ts\n[^]*?```/g;

/**
 * A page of `docs/` with every snippet taken from its test anew, and other blocks by their language from
 * `blocks`. Throws if a snippet belongs to no test.
 */
export function renderPage(page: string, blocks: Readonly<Record<string, string>> = {}): string {
  let text = readFileSync(new URL(`docs/${page}`, workspace), "utf8");
  const strays = text.split("```ts\n").length - 1 - [...text.matchAll(block)].length;
  if (strays > 0) throw new Error(`docs/${page} has ${strays} snippets without a test`);
  for (const [language, content] of Object.entries(blocks)) {
    const old = new RegExp(`\`\`\`${language}\n[^]*?\`\`\``);
    text = text.replace(old, () => `\`\`\`${language}\n${content}\`\`\``);
  }
  return text.replaceAll(block, (_, path: string, name: string) => {
    return `<!-- ${path}#${name} -->\n\n\`\`\`ts\n${snippet(path, name)}\n\`\`\``;
  });
}

/** Lines between the marks, moved to the left. */
function snippet(path: string, name: string): string {
  const text = readFileSync(new URL(path, workspace), "utf8");
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim() === `// docs: ${name}`);
  const end = lines.findIndex((line, at) => at > start && line.trim() === "// docs end");
  if (start === -1 || end === -1) throw new Error(`${path} has no snippet \`${name}\``);
  const indent = lines[start]!.length - lines[start]!.trimStart().length;
  return lines
    .slice(start + 1, end)
    .map((line) => line.slice(indent).replace("{ runner, ...options }", "{ runner }"))
    .join("\n");
}
