/**
 * The page of commands is what the program itself says. To write it anew: `vitest -u`.
 */
import { expect, test } from "vitest";

import { commands } from "../src/declared.ts";
import { runCommandLine } from "../src/program.ts";
import type { Output } from "../src/surroundings.ts";

async function printed(words: readonly string[]): Promise<string> {
  let text = "";
  const out: Output = {
    write: (part) => {
      text += part;
    },
    ...{ isTTY: false, columns: 100, rows: undefined },
  };
  const signal = new AbortController().signal;
  await runCommandLine(words, { cwd: "/", env: {}, out, err: out, signal });
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
}

const head = `# Commands

What \`ashlar\` can do, in its own words. It is in the package \`@ashlar/cli\`; how it works stands in
[its design](design/command-line.md). This page is written by a test, from the program.
`;

test("the page of commands says what the program says", async () => {
  const parts = [head, await printed(["--help"])];
  for (const { name } of commands)
    parts.push(`## ${name}\n`, await printed([...name.split(" "), "--help"]));
  await expect(parts.join("\n")).toMatchFileSnapshot("../../../docs/commands.md");
});
