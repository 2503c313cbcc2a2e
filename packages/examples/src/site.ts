/**
 * A pipeline as a module: it describes, and whoever imports it decides where and when to build.
 *
 * @module
 */
import { out, seq, sh, stage, type File, type Stage, type Tree } from "@ashlar/core";

/** Renders the page. */
export const render: Stage<[src: Tree], { "index.html": "file" }> = stage(
  "render",
  (src) => sh`node ${src}/page.mjs ${src}/greetings.txt ${out.file("index.html")}`,
);

/** Fails when the page is not well formed. */
export const check: Stage<[tool: File, page: File], {}> = stage(
  "check",
  (tool, page) => sh`node ${tool} ${page}`,
);

/** Packs the page, for the web server. */
export const pack: Stage<[page: File], { "site.html.gz": "file" }> = stage(
  "pack",
  (page) => sh.bash`gzip -n -c ${page} > ${out.file("site.html.gz")}`,
);

/** The page, packed only if the check has passed. */
export function site(src: Tree): { page: File; packed: File } {
  const page = render(src);
  const checked = check(src.file("check.mjs"), page);
  const { packed } = seq({ checked, packed: pack(page) });
  return { page, packed };
}
