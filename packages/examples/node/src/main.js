#!/usr/bin/env node
// tally: reads a text from standard input and prints how often each word stands in it.
import { readFileSync } from "node:fs";

import { tally } from "./tally.js";

for (const [word, count] of tally(readFileSync(0, "utf8"))) console.log(`${word}  ${count}`);
