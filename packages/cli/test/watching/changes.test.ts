import { mkdirSync } from "node:fs";

import { source, tool, sh, stage } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { Changes } from "../../src/watching/changes.ts";
import { localModules, sourcesToWatch } from "../../src/watching/sources-to-watch.ts";
import { Project } from "../rig.ts";

const never = new AbortController().signal;

describe("changes", () => {
  test("that come together are one, and each path is named once", async () => {
    const changes = new Changes();
    const next = changes.next(never);
    for (const path of ["b", "a", "b"]) changes.add(path);
    expect(await next).toEqual(["a", "b"]);
  });

  test("are told of at the first of them, and not again", async () => {
    const changes = new Changes();
    let calls = 0;
    changes.onFirst(() => calls++);
    for (const path of ["a", "b"]) changes.add(path);
    expect(calls).toBe(1);
    // One that was there before is not missed.
    changes.onFirst(() => calls++);
    expect(calls).toBe(2);
    expect(await changes.next(never)).toEqual(["a", "b"]);
  });

  test("that came before anybody asked are there", async () => {
    const changes = new Changes();
    changes.add("a");
    expect(await changes.next(never)).toEqual(["a"]);
  });

  test("are not waited for when it is over", async () => {
    const controller = new AbortController();
    const next = new Changes().next(controller.signal);
    controller.abort(new Error("over"));
    await expect(next).rejects.toThrow("over");
  });
});

describe("what is watched", () => {
  test("is every source once; of a source that is a file, only that", async () => {
    const use = stage(
      "use",
      (...all: readonly never[]) => sh({ tools: [tool.node()] })`use ${all}`,
    );
    const src = source("src");
    const handles = [
      src,
      use(src as never),
      source.file("deep/words.txt"),
      source("/abs", { include: ["**/*.c"] }),
    ];
    expect(await sourcesToWatch("/work/ashlar.build.ts", handles)).toEqual([
      "/work/src",
      "/work/deep/words.txt",
      "/abs",
    ]);
  });

  test("is each module that the build file imports, round and round", () => {
    using project = new Project({
      "ashlar.build.ts": `import { a } from "./parts/a.ts";\nimport "@ashlar/core";\nimport data from './no.json';`,
      "parts/a.ts": `export * from "../b";\nexport { x } from "./none.ts"`,
      "b.ts": `import "./ashlar.build.ts"; await import("./c/index.js");`,
      "c/index.js": "",
    });
    mkdirSync(project.path("d"));
    const names = ["ashlar.build.ts", "b.ts", "c/index.js", "parts/a.ts"];
    const found = localModules(project.path("ashlar.build.ts"));
    expect(found.toSorted()).toEqual(names.map((name) => project.path(name)));
  });
});
