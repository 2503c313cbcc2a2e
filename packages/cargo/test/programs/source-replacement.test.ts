import { parse, stringify } from "smol-toml";
import { describe, expect, test } from "vitest";

import {
  CRATES_IO,
  replaceSources,
  sourceReplacement,
} from "../../src/programs/source-replacement.ts";

describe("the source replacement", () => {
  const replace = (sources: string[], projectConfig = {}): unknown =>
    parse(sourceReplacement(sources, { directory: "vendor", projectConfig }));

  test("replaces crates-io even where nothing comes from it", () => {
    expect(replace([])).toEqual({
      net: { offline: true },
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

test("what is written is what is written of the same tables otherwise, byte for byte", () => {
  const odd = ["sparse+https://a.example/index/", 'registry+https://b.example/"odd"/é', CRATES_IO];
  const git = "git+https://c.example/repo.git?branch=main#0123456789abcdef";
  const config = { source: { own: { registry: "sparse+https://a.example/index/" } } };
  const one = sourceReplacement([...odd, git], { directory: "vendor", projectConfig: config });
  expect(one).toBe(stringify(parse(one)));
  const each = [...odd, git].map((source, at) => ({ source, directory: `vendor/${at}` }));
  const several = replaceSources(each, config);
  expect(several).toBe(stringify(parse(several)));
});
