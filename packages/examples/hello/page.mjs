// Writes a page of greetings: node page.mjs <greetings> <page>
import { readFileSync, writeFileSync } from "node:fs";

const [, , greetings, page] = process.argv;
const items = readFileSync(greetings, "utf8")
  .trim()
  .split("\n")
  .map((greeting) => `<li>${greeting}</li>`);
writeFileSync(page, `<ul>\n${items.join("\n")}\n</ul>\n`);
console.log(`${items.length} greetings`);
