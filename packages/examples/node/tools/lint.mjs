// A small linter: node lint.mjs <folders> [--max-line=N]
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const isFlag = (word) => word.startsWith("--");
const words = process.argv.slice(2);
const limit = Number(words.find((word) => word.startsWith("--max-line="))?.slice(11) ?? 200);
const problems = words
  .filter((word) => !isFlag(word))
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .flatMap((file) => {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.flatMap((line, at) => (line.length > limit ? [`${file}:${at + 1}`] : []));
  });
for (const place of problems) console.error(`${place}: longer than ${limit} characters`);
process.exitCode = problems.length > 0 ? 1 : 0;
