// Fails unless every list item of a page is closed: node check.mjs <page>
import { readFileSync } from "node:fs";

const page = readFileSync(process.argv[2], "utf8");
const count = (tag) => page.split(tag).length - 1;
if (count("<li>") !== count("</li>")) throw new Error("an item is not closed");
console.log("the page is well formed");
