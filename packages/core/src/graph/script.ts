/**
 * Scripts: how a tagged template becomes a text for a real shell.
 *
 * Interpolations never enter the text. They are handed over as positional arguments, and each hole
 * becomes a quoted reference to its own: nothing in a value can be read as shell. To quote rightly,
 * this module follows the quotes of the script; it knows nothing else of the shell's grammar.
 *
 * @module
 */
import { templateSyntax } from "../errors/catalogue.ts";

/** Where a hole stands: plain text, or inside double or single quotes. */
type Quoting = "plain" | "double" | "single";

/**
 * Makes the text of a script. `references[n]` holds the positional parameters of hole `n`: one, or any
 * number when it is a list.
 *
 * @throws {@link BuildError} `TEMPLATE_SYNTAX` for a hole in single quotes, in a here-document, or a
 *   list inside double quotes: no reference means the right thing there.
 */
export function renderScript(
  strings: readonly string[],
  references: readonly (readonly number[])[],
): string {
  const nesting: Quoting[] = ["plain"];
  let script = "";
  for (const [hole, text] of strings.entries()) {
    follow(text, nesting);
    script += text;
    const parameters = references[hole];
    if (parameters === undefined) continue;
    const refuse = (why: string): never => {
      throw templateSyntax(strings.join("${…}"), why);
    };
    if (script.includes("<<")) refuse("a value cannot be put after the start of a here-document");
    const quoting = nesting.at(-1);
    if (quoting === "single") refuse("a value cannot be put into single quotes");
    if (quoting === "double" && parameters.length !== 1) {
      refuse("a list cannot be put into double quotes");
    }
    const quoted = parameters.map((parameter) => `\${${parameter}}`);
    script += quoting === "double" ? quoted.join("") : quoted.map((r) => `"${r}"`).join(" ");
  }
  return script;
}

/** Advances the stack of quotes over literal text. `$(` starts afresh, even inside double quotes. */
function follow(text: string, nesting: Quoting[]): void {
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const quoting = nesting.at(-1);
    if (quoting === "single") {
      if (character === "'") nesting.pop();
    } else if (character === "\\") at++;
    else if (character === "$" && text[at + 1] === "(") {
      nesting.push("plain");
      at++;
    } else if (character === '"') {
      if (quoting === "double") nesting.pop();
      else nesting.push("double");
    } else if (quoting === "plain") {
      if (character === "'") nesting.push("single");
      else if (character === "#" && /(^|\s)$/.test(text.slice(0, at))) {
        const end = text.indexOf("\n", at);
        at = end === -1 ? text.length : end;
      } else if (character === ")" && nesting.length > 1) nesting.pop();
    }
  }
}
