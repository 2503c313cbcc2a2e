import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";

import { CRATES_IO, sourceReplacement } from "../../src/programs/source-replacement.ts";

describe("the source replacement", () => {
  const replace = (sources: string[], projectConfig = {}): unknown =>
    parse(sourceReplacement(sources, { directory: "vendor", projectConfig }));

  test("replaces crates-io even where nothing comes from it", () => {
    expect(replace([])).toEqual({
      source: {
        "crates-io": { "replace-with": "ashlar-vendored" },
        "ashlar-vendored": { directory: "vendor" },
      },
    });
    expect(replace([CRATES_IO, CRATES_IO])).toEqual(replace([]));
  });

  test("calls other registries what the project calls them", () => {
    const sources = ["registry+https://one.example/index", "sparse+https://two.example/index/"];
    const projectConfig = { source: { mine: { registry: "https://one.example/index" } } };

    expect(replace(sources, projectConfig)).toMatchObject({
      source: {
        mine: { registry: "https://one.example/index", "replace-with": "ashlar-vendored" },
        "sparse+https://two.example/index/": {
          registry: "sparse+https://two.example/index/",
          "replace-with": "ashlar-vendored",
        },
      },
    });
  });
});
