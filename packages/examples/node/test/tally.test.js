import assert from "node:assert/strict";
import { test } from "node:test";

import { tally } from "../src/tally.js";

test("common words do not count", () => {
  assert.deepEqual(
    [...tally("the lime and the sand and lime")],
    [
      ["lime", 2],
      ["sand", 1],
    ],
  );
});
