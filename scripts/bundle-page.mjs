/**
 * Bundles the page that `ashlar graph --html` writes: markup, styles and script in one template.
 *
 *     packages/cli/page/{index.html,style.css,main.ts} ─▶ packages/cli/dist/page.html
 *
 * What it draws with (sigma, graphology) is bundled, so the licences of that are copied into the template. The page
 * runs nothing but this one script and loads nothing: a policy in it says so to the browser, by digests.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { rolldown } from "rolldown";

import { root } from "./child.mjs";

const source = join(root, "packages/cli/page");

/** Where the package has its template. */
export const pagePlace = join(root, "packages/cli/dist/page.html");

/**
 * Makes the template.
 *
 * @returns {Promise<string>}
 */
export async function bundlePage() {
  const bundle = await rolldown({
    input: join(source, "main.ts"),
    platform: "browser",
    tsconfig: false,
  });
  const { output } = await bundle.generate({ format: "iife", minify: true, comments: false });
  await bundle.close();
  const [chunk] = output;
  const script = inScript(chunk.code.trim());
  const style = minified(readFileSync(join(source, "style.css"), "utf8"));
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(script)}'`,
    `style-src '${digestOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const notices = noticesOf(Object.keys(chunk.modules));
  /** @type {[string, string][]} */
  const parts = [
    ["{{ policy }}", policy],
    ["<!-- notices -->", `<!--\n${notices}\n-->`],
    ["<!-- style -->", `<style>${style}</style>`],
    // What is written later, for each page, has its place in braces.
    ["<!-- data -->", `<script type="application/json" id="data">{{ data }}</script>`],
    ["<!-- script -->", `<script>${script}</script>`],
  ];
  let page = readFileSync(join(source, "index.html"), "utf8");
  for (const [hole, text] of parts) {
    if (!page.includes(hole)) throw new Error(`the page has no ${hole}`);
    page = page.replace(hole, () => text);
  }
  return page;
}

/**
 * A script that nothing in it can end: such words only ever stand in its strings.
 *
 * @param {string} code
 */
function inScript(code) {
  return code.replaceAll(/<(?=\/script|!--|script)/gi, String.raw`\x3c`);
}

/** @param {string} css */
function minified(css) {
  return css
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,]) ?/g, "$1")
    .trim();
}

/** @param {string} text */
function digestOf(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/**
 * The licences of the packages that are in the bundle.
 *
 * @param {string[]} modules paths
 */
function noticesOf(modules) {
  const folders = new Set(modules.flatMap((path) => packageOf(path) ?? []));
  const notices = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    return { name: `${name} ${version} (${license})`, text: licenceText(folder) };
  });
  notices.sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = ["This page was written by Ashlar (MIT). It holds these packages:", ""];
  for (const { name, text } of notices) lines.push(`== ${name}`, text.trim(), "");
  return lines.join("\n").replaceAll("--", "- -");
}

/**
 * The package of a module that is not ours.
 *
 * @param {string} path
 */
function packageOf(path) {
  const at = path.lastIndexOf("/node_modules/");
  if (at === -1) return undefined;
  const [scope = "", name = ""] = path.slice(at + "/node_modules/".length).split("/");
  return join(path.slice(0, at), "node_modules", scope, scope.startsWith("@") ? name : "");
}

/** @param {string} folder */
function licenceText(folder) {
  const name = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (name !== undefined) return readFileSync(join(folder, name), "utf8");
  const { author, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const who = typeof author === "string" ? author : (author?.name ?? "its authors");
  const where = typeof repository === "string" ? repository : (repository?.url ?? "");
  return `Copyright (c) ${who}. ${where}\n${mit}`;
}

/** Of packages that name the licence, and leave out its text. */
const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice
and this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS
PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Makes the template, and puts it where the package has it. */
export async function writePage() {
  const page = await bundlePage();
  if (existsSync(pagePlace) && readFileSync(pagePlace, "utf8") === page) return;
  mkdirSync(dirname(pagePlace), { recursive: true });
  writeFileSync(pagePlace, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writePage();
