/** The line about a cache elsewhere, as people read it. */
import type { RemoteCacheUse } from "@ashlar/core";
import { expect, test } from "vitest";

import { makeColors } from "../../src/colors.ts";
import { cacheLine } from "../../src/reporters/cache-line.ts";

const nothing: RemoteCacheUse = {
  name: "/mnt/team",
  ...{ hits: 0, misses: 0, fetchedBlobs: 0, fetchedBytes: 0 },
  ...{ sentResults: 0, sentBlobs: 0, sentBytes: 0, failures: 0 },
  ...{ error: undefined, isGivenUp: false, remarks: [] },
};
const line = (use: Partial<RemoteCacheUse>): string =>
  cacheLine({ ...nothing, ...use }, makeColors(false));

test("it says what was found, what came and what went", () => {
  expect(line({ hits: 1200, misses: 1 })).toBe("cache /mnt/team: 1,200 hits, 1 miss");
  expect(line({ hits: 1, fetchedBlobs: 2, fetchedBytes: 2_200_000 })).toBe(
    "cache /mnt/team: 1 hit, 0 misses, 2.1 MiB fetched",
  );
  expect(line({ misses: 3, sentResults: 3, sentBytes: 4096 })).toBe(
    "cache /mnt/team: 0 hits, 3 misses; 3 results sent, 4.0 KiB",
  );
});

test("it says what went wrong, with the reason of the first", () => {
  const text =
    "error[REMOTE_UNAVAILABLE]: it is gone\n\n  reason  no answer\n          within 2 s\n";
  const error = { code: "REMOTE_UNAVAILABLE", message: "it is gone", text };
  expect(line({ failures: 2, error, isGivenUp: true })).toBe(
    "cache /mnt/team: 0 hits, 0 misses; 2 failed: it is gone (no answer); given up for this build",
  );
  expect(line({ failures: 1, error: { ...error, text: "it is gone" } })).toContain(
    "1 failed: it is gone",
  );
});

test("it says what else there is to say, on one line", () => {
  expect(line({ remarks: ["2 results were not sent: a\nb"] })).not.toContain("\n");
});
