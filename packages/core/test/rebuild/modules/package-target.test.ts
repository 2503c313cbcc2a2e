import { expect, test } from "vitest";

import { targetOf, type Way } from "../../../src/rebuild/modules/package-target.ts";

const conditional = {
  ".": { types: "./a.d.ts", require: "./a.cjs", import: { browser: "./b.js", default: "./a.js" } },
  "./one": "./lib/one.js",
  "./two/*": "./lib/two/*.js",
  "./two/deep/*": null,
  "./*.css": "./styles/*.css",
  "./list": [{ browser: "./x.js" }, "./list.js"],
  "./closed": { browser: "./x.js" },
};

test.each<[exports: unknown, subpath: string, way: Way, target: string | undefined]>([
  ["./a.js", ".", "import", "./a.js"],
  ["./a.js", "./b", "import", undefined],
  [{ import: "./a.js", default: "./b.js" }, ".", "require", "./b.js"],
  [{ node: { "module-sync": "./a.js" } }, ".", "require", "./a.js"],
  [["./a.js"], ".", "import", "./a.js"],
  [conditional, ".", "import", "./a.js"],
  [conditional, ".", "require", "./a.cjs"],
  [conditional, "./one", "import", "./lib/one.js"],
  [conditional, "./two/x", "import", "./lib/two/x.js"],
  [conditional, "./two/x/y", "import", "./lib/two/x/y.js"],
  [conditional, "./two/deep/x", "import", undefined],
  [conditional, "./main.css", "import", "./styles/main.css"],
  [conditional, "./list", "import", "./list.js"],
  [conditional, "./closed", "import", undefined],
  [conditional, "./package.json", "import", undefined],
  [undefined, ".", "import", undefined],
  [null, ".", "import", undefined],
])("exports %j: %s by %s is %s", (exports, subpath, way, target) => {
  expect(targetOf({ exports }, subpath, way)).toBe(target);
});

test("imports lead to files of the package, and to other packages", () => {
  const imports = { "#a": "./a.js", "#b/*": { import: "other/*", default: "./b/*.js" } };
  expect(targetOf({ imports }, "#a", "import")).toBe("./a.js");
  expect(targetOf({ imports }, "#b/x", "import")).toBe("other/x");
  expect(targetOf({ imports }, "#b/x", "require")).toBe("./b/x.js");
  expect(targetOf({ imports }, "#c", "require")).toBe(undefined);
  expect(targetOf({}, "#c", "require")).toBe(undefined);
});
