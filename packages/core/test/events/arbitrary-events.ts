/**
 * Events as they could come, for properties that hold for all of them.
 *
 * @module
 */
import * as fc from "fast-check";

import { digestBytes, type Digest } from "../../src/digest/digest.ts";
import type { BuildEvent } from "../../src/events/event.ts";
import type { ActionKey } from "../../src/graph/action.ts";

const digests: fc.Arbitrary<Digest> = fc.uint8Array().map((bytes) => digestBytes(bytes));
const keys: fc.Arbitrary<ActionKey> = digests;
const names = fc.string({ unit: "binary", minLength: 1 });
const durations = fc.nat();
const about = { atMs: fc.nat(), id: fc.nat({ max: 9 }), name: names };
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const planned = fc.array(
  fc.record({ id: fc.nat({ max: 9 }), name: names, dependencies: fc.array(fc.nat()) }),
);
const remarks = fc.record({
  ...{ kind: names, subject: names, text: names },
  severity: fc.constantFrom("note" as const, "warning" as const),
});
const errors = fc.record({ code: names, message: names, text: names });

/** Any one event, with any text in it. */
export const events: fc.Arbitrary<BuildEvent> = fc.oneof(
  fc.record({
    type: fc.constant("build-started" as const),
    atMs: fc.nat(),
    stages: planned,
  }),
  fc.record({
    type: fc.constant("source-taken" as const),
    atMs: fc.nat(),
    location: names,
    digest: digests,
    durationMs: durations,
  }),
  fc.record({
    type: fc.constant("stage-started" as const),
    ...about,
    key: keys,
    argv: fc.array(names),
  }),
  fc.record({
    type: fc.constant("stage-output" as const),
    ...about,
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    text: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\u2028", "a\r\nb\u2029", "\0")),
    isReplay: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("stage-expanded" as const),
    ...about,
    stages: planned,
    dependencies: fc.array(fc.nat({ max: 9 })),
  }),
  fc.record({
    type: fc.constant("stage-progressed" as const),
    ...about,
    phase: fc.constantFrom("uploading", "queued", "executing", "downloading"),
  }),
  fc.record({
    type: fc.constant("stage-verified" as const),
    ...about,
    key: keys,
    isSame: fc.boolean(),
  }),
  fc.record({ type: fc.constant("stage-rewound" as const), ...about, digest: digests }),
  fc.record({
    type: fc.constant("stage-retried" as const),
    ...about,
    attempt: fc.nat(),
    error: errors,
    delayMs: durations,
  }),
  fc.record({
    type: fc.constant("stage-settled" as const),
    ...about,
    outcome: fc.constantFrom("ran", "reused", "expanded", "failed", "skipped", "cancelled"),
    key: maybe(keys),
    durationMs: durations,
    ranBy: maybe(names),
    attempts: fc.nat(),
    error: maybe(errors),
    reason: maybe(names),
    remarks: maybe(fc.array(remarks)),
    fellBack: maybe(errors),
  }),
  fc.record({
    type: fc.constant("remote-cache-used" as const),
    atMs: fc.nat(),
    name: names,
    ...{ hits: fc.nat(), misses: fc.nat(), fetchedBlobs: fc.nat(), fetchedBytes: fc.nat() },
    ...{ sentResults: fc.nat(), sentBlobs: fc.nat(), sentBytes: fc.nat(), failures: fc.nat() },
    error: maybe(errors),
    isGivenUp: fc.boolean(),
    remarks: fc.array(names),
  }),
  fc.record({
    type: fc.constant("build-settled" as const),
    atMs: fc.nat(),
    outcome: fc.constantFrom("succeeded", "failed", "cancelled"),
    durationMs: durations,
  }),
);
