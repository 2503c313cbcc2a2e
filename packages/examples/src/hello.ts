/**
 * Hello: two stages that need nothing but Node. Run it twice, then edit `hello/greetings.txt`.
 *
 * @module
 */
import { all, build, out, sh, source, stage, type File, type Tree } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

const render = stage(
  "render",
  ({ src }: { src: Tree }) =>
    sh`node ${src}/page.mjs ${src}/greetings.txt ${out.file("index.html")}`,
);
const check = stage("check", (tool: File, page: File) => sh`node ${tool} ${page}`);

const src = source(new URL("../hello", import.meta.url));
const page = render({ src }); // nothing has run: these are handles
const checked = check(src.file("check.mjs"), page);

await using runner = localRunner();
const report = await build(all({ page, checked }), { runner });
await report.export(page, "site/index.html");
console.log({ ran: report.ran, reused: report.reused });
