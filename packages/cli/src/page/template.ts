/**
 * The template of pages: their markup, styles and script in one file, which is made when this package is built.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { jsonForPage, textForPage } from "./markup.ts";
import type { PageData } from "./page-data.ts";

/** Reads the template that lies in this package. */
export function readTemplate(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const place = join(folder, "dist/page.html");
    if (existsSync(place)) return readFileSync(place, "utf8");
    if (dirname(folder) === folder) {
      throw new Error("the template of pages is not in the package; `npm run build` makes it");
    }
  }
}

/** Puts data into a template. */
export function fillTemplate(template: string, data: PageData): string {
  // Cut first: what is put in may look like a hole.
  const [head, rest] = cut(template, "{{ title }}");
  const [middle, tail] = cut(rest, "{{ data }}");
  return head + textForPage(data.title) + middle + jsonForPage(data) + tail;
}

function cut(text: string, hole: string): readonly [before: string, behind: string] {
  const at = text.indexOf(hole);
  if (at === -1) throw new Error(`the template of pages has no ${hole}`);
  return [text.slice(0, at), text.slice(at + hole.length)];
}
