/**
 * A pipeline of real commands: some the same in all variants, some in every third, some in one.
 *
 *     text ──▶ cut (a tree) ──▶ sum ──▶ joined
 *       └────▶ step ──▶ step ──▶ step ──▶
 *
 * @module
 */
import { build, out, sh, stage, text, type BuildOptions, type File, type Tree } from "@ashlar/core";

const step = stage("step", (file: File) => {
  return sh`sh -c ${'cat "$1" > "$2"; echo step; echo + >> "$2"'} step ${file} ${out.file("made")}`;
});
const cut = stage("cut", (file: File) => {
  const script =
    'mkdir -p "$2/below"; for n in 1 2 3; do echo $n "$(cat "$1")" > "$2/below/$n"; done';
  return sh`sh -c ${script} cut ${file} ${out.tree("parts")}`;
});
const sum = stage("sum", (parts: Tree) => {
  return sh`sh -c ${'cat "$1"/below/* > "$2"'} sum ${parts} ${out.file("whole")}`;
});
const join = stage("join", (left: File, right: File) => {
  return sh`sh -c ${'cat "$1" "$2" > "$3"'} join ${left} ${right} ${out.file("all")}`;
});

/** Builds a variant, and resolves to what it made. */
export async function buildVariant(variant: number, options: BuildOptions): Promise<string> {
  const joined = join(
    step(step(step(text(`start ${variant % 3}\n`)))),
    sum(cut(text(`variant ${variant}\n`))),
  );
  return await (await build(joined, options)).text(joined);
}

/** What {@link buildVariant} makes when everything is right. */
export function expectedOf(variant: number): string {
  const parts = [1, 2, 3].map((n) => `${n} variant ${variant}\n`);
  return [`start ${variant % 3}\n+\n+\n+\n`, ...parts].join("");
}
