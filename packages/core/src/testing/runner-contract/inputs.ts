/**
 * Guarantees 1, 2 and 9: the input root, and that it stays between the command and its copy.
 *
 * @module
 */
import type { Digest } from "../../digest/digest.ts";
import { blobLost } from "../../errors/store-errors.ts";
import { writable } from "../../graph/command.ts";
import { all } from "../../graph/group.ts";
import { out } from "../../graph/out.ts";
import { sh } from "../../graph/sh.ts";
import { walkTree } from "../../store/directories.ts";
import type { ContentStore } from "../../store/store.ts";
import { call, rejection, watched, type Bench, type Check } from "./bench.ts";

/** Declares the tests. */
export function checkInputs(check: Check): void {
  check(
    1,
    "the command sees every name, byte, exec bit, link and empty directory",
    async (bench) => {
      const { project } = fill(bench);
      const copy = call(
        sh({ root: { laid: project }, outputs: { copy: out.tree("copy") } })`cp -RP laid copy`,
      );
      const report = await bench.build(all({ copy }));
      bench.expect(await report.digest(copy)).toBe(await report.digest(project));
      bench.expect((await report.list(copy)).length).toBe(odd.length + 8);
    },
  );

  check(1, "kinds are what they were: files, links, what can be executed", async (bench) => {
    const script = `
      test -x run && test ! -x plain && test -L link && test ! -L plain && test -d empty
      readlink link dangling to-folder; cat link; ./run`;
    const { project } = fill(bench);
    const printed = await bench.print(
      sh({ root: { laid: project }, cwd: "laid" })`sh -ec ${script}`,
    );
    bench.expect(printed).toBe("plain\nnowhere/at/all\na\nplain text\nit runs\n");
  });

  check(
    1,
    "nothing is in the input root but what was laid, and parents of outputs",
    async (bench) => {
      bench.write({ x: "1", "y/z": "2" });
      const outputs = {
        q: out.file("o/p/q", { optional: true }),
        t: out.tree("t", { optional: true }),
      };
      const root = {
        "a/b": bench.project,
        c: bench.project.file("x"),
        "y/empty": bench.project.dir("y"),
      };
      const printed = await bench.print(sh({ root, outputs })`sh -c ${"find . | LC_ALL=C sort"}`);
      bench
        .expect(printed.trim().split("\n"))
        .toEqual(
          [".", "./a", "./a/b", "./a/b/x", "./a/b/y", "./a/b/y/z", "./c", "./o", "./o/p"].concat([
            "./y",
            "./y/empty",
            "./y/empty/z",
          ]),
        );
    },
  );

  check(1, "an empty input root is empty", async (bench) => {
    bench.expect(await bench.print(sh`ls -A`)).toBe("");
  });

  check(2, "nothing that a command does to its inputs reaches the store", async (bench) => {
    const { project } = fill(bench);
    const root = { laid: project };
    const harm = `
      chmod -R u+w . ; echo harm > plain; echo harm >> run; rm -rf deep empty link
      mkdir new; echo harm > new/file; mv a b; chmod +x plain; true`;
    const harmed = call(sh({ root, cwd: "laid" })`sh -c ${harm}`);
    const look = sh({ root, outputs: { copy: out.tree("copy") } })`cp -RP laid copy`;
    const copy = call(look).after(harmed);
    const report = await bench.build(all({ copy }));
    bench.expect(await report.digest(copy)).toBe(await report.digest(project));
    for await (const { entry } of walkTree(bench.store.content, await report.digest(project))) {
      if (entry.type !== "symlink") await bench.store.content.read(entry.digest);
    }
  });

  check(2, "an input that is laid writable can be changed, and is only a copy", async (bench) => {
    bench.write({ "x/log": "old\n", y: "fixed" });
    const { project } = bench;
    const root = { x: writable(project.dir("x")), y: project.file("y") };
    const change =
      "ls -l x/log | cut -c 1-3; echo new >> x/log && echo more > x/more && rm -f x/none";
    const changed = call(sh({ root, outputs: { x: out.tree("x") } })`sh -ec ${change}`);
    const report = await bench.build(all({ changed }));
    // Whoever ignores modes, as root does, could write to it in any case.
    const printed = await Promise.all(report.stages.map(async (each) => await report.log(each)));
    bench.expect(printed).toEqual(["-rw\n"]);
    bench.expect(await report.text(changed.file("log"))).toBe("old\nnew\n");
    bench.expect(await report.list(changed)).toEqual(["log", "more"]);
    bench.expect(await report.text(project.file("x/log"))).toBe("old\n");
  });

  for (const what of ["file", "directory"]) {
    check(
      9,
      `a ${what} of the input root that the store has lost is \`BLOB_LOST\``,
      async (bench) => {
        bench.write({ "in/folder/file": "content" });
        const root = { laid: bench.project.dir("in") };
        await bench.build(call(sh({ root })`cat laid/folder/file`));
        const { action, content } = bench.last;
        for await (const { path, entry } of walkTree(content, action.inputRoot)) {
          if (entry.type === "symlink" || entry.type !== what || path === "laid") continue;
          const lossy = losing(content, entry.digest);
          bench.expect(await rejection(bench.run({ content: lossy })), path).toBe("BLOB_LOST");
        }
      },
    );
  }
}

/** Names that some program somewhere takes for something else. */
const odd = [
  " |two words|new\nline|tab\there|quote's|double\"quote|back\\slash|*|?|-rf|$HOME|`date`|a;b|#|~|%|..a",
  "ünïcödé|🧱|\u{1F468}\u200D\u{1F469}",
  "x".repeat(200),
].flatMap((names) => names.split("|"));

/** A project that holds everything a tree can hold. */
function fill(bench: Bench): Bench {
  const deep = Array.from({ length: 40 }, (_, level) => `level-${level}`).join("/");
  for (const name of odd) bench.write({ [`a/${name}`]: name });
  return bench
    .write({ plain: "plain text\n", bytes: Buffer.from([0, 255, 10, 13, 0]), none: "" })
    .write({ run: "#!/bin/sh\necho it runs\n", "empty/": "", "nested/empty/": "" })
    .write({ [`deep/${deep}/file`]: "deep" })
    .allow("run")
    .link("link", "plain")
    .link("dangling", "nowhere/at/all")
    .link("to-folder", "a");
}

/** A store that has lost one blob. */
function losing(content: ContentStore, lost: Digest): ContentStore {
  return watched(content, (_, digest) => {
    if (digest === lost) throw blobLost(digest, "a test has lost it");
  });
}
