// The dependency that everything else shares: node generate.mjs <words> <folder>
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const [, , words, folder] = process.argv;
const list = readFileSync(words, "utf8").trim().split("\n");
mkdirSync(folder);
writeFileSync(`${folder}/common.js`, `export const common = new Set(${JSON.stringify(list)});\n`);
console.log(`${list.length} common words`);
