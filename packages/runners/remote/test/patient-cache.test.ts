/** With how much patience a cache is called. */
import { digestBytes, type Digest } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { remoteRefused, remoteUnavailable, remoteUnfit } from "../src/errors.ts";
import { Inquiry } from "../src/inquiry.ts";
import { PatientCache } from "../src/patient-cache.ts";
import { Tally } from "../src/tally.ts";
import { HandClock, settle } from "./hand-clock.ts";
import { MemoryCache, refused, silent } from "./memory-cache.ts";
import { someBytes } from "./remote-cache-contract.ts";

const key = digestBytes(Buffer.from("an action"));
const digestsOf = (count: number, from = 0): Digest[] =>
  Array.from({ length: count }, (_, n) => digestBytes(Buffer.from(`blob ${from + n}`)));

/** Of the build that the test is. */
let tally = new Tally();

function setUp() {
  const clock = new HandClock();
  const cache = new MemoryCache();
  const patient = new PatientCache(cache, { lookUpMs: 2000, silenceMs: 5000, random: () => 0.5 });
  patient.begin(clock);
  tally = new Tally();
  patient.join(tally);
  return { clock, cache, patient };
}

/** What a promise comes to, as data. */
async function endOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (value) => ({ value }),
    (error: { code?: string }) => ({ code: error.code }),
  );
}

test("what may pass is tried again, with pauses that grow", async () => {
  const { clock, cache, patient } = setUp();
  const times: number[] = [];
  cache.fault = (call) => {
    if (call !== "missing") return;
    times.push(clock.now() - 1_000_000);
    if (times.length < 5) refused();
  };
  const asking = patient.missing([key]);
  await clock.advance(10_000);
  expect(await asking).toEqual([key]);
  expect(times).toEqual([0, 100, 300, 700, 1500]);
  expect(patient.use(tally)).toBe(undefined);
});

test("not all who have failed come back at once", async () => {
  for (const [random, pause] of [
    [0, 90],
    [0.999, 109],
  ] as const) {
    const clock = new HandClock();
    const cache = new MemoryCache();
    const patience = { lookUpMs: 2000, silenceMs: 5000, random: () => random };
    const patient = new PatientCache(cache, patience);
    patient.begin(clock);
    let calls = 0;
    cache.fault = (call) => (call === "missing" && calls++ === 0 ? refused() : undefined);
    const asking = patient.missing([key]);
    await clock.advance(pause - 1);
    expect(calls).toBe(1);
    await clock.advance(2);
    expect(calls).toBe(2);
    await asking;
  }
});

test("a service that says when it may be asked again is not asked before", async () => {
  const { clock, cache, patient } = setUp();
  const times: number[] = [];
  cache.fault = (call) => {
    if (call !== "missing") return;
    times.push(clock.now() - 1_000_000);
    if (times.length === 1) throw remoteUnavailable("memory", "busy", { retryAfterMs: 1200 });
    if (times.length === 2) throw remoteUnavailable("memory", "busy", { retryAfterMs: 1 });
  };
  const asking = patient.missing([key]);
  await clock.advance(10_000);
  expect(await asking).toEqual([key]);
  expect(times).toEqual([0, 1200, 1400]);
});

test("what will not pass is not tried again", async () => {
  const { cache, patient } = setUp();
  cache.fault = (call) => {
    if (call === "missing") throw remoteUnfit("memory", "it speaks in riddles", "");
  };
  expect(await endOf(patient.missing([key]))).toEqual({ code: "REMOTE_UNFIT" });
  expect(cache.calls.filter((call) => call === "missing")).toHaveLength(1);
  expect(patient.isOpen("read")).toBe(true);
});

test("a look-up has a deadline, however often it is tried", async () => {
  const { clock, cache, patient } = setUp();
  cache.fault = (call) => (call === "getResult" ? silent() : undefined);
  const looking = endOf(patient.lookUp(key));
  await clock.advance(1999);
  expect(patient.isOpen("read")).toBe(true);
  await clock.advance(1);
  expect(await looking).toEqual({ code: "REMOTE_UNAVAILABLE" });
  expect(patient.isOpen("read")).toBe(false);
  expect(clock.pending).toBe(0);
});

describe("a look-up before it is known what the service can do", () => {
  const found = Buffer.from("a result");

  test("is under way meanwhile, and counts when it is known", async () => {
    const { cache, patient } = setUp();
    cache.results.set(key, found);
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    cache.fault = (call) => (call === "abilities" ? gate : undefined);
    let isOver = false;
    const looking = patient.lookUp(key).finally(() => (isOver = true));
    await settle();
    expect([cache.calls, isOver]).toEqual([["abilities", "getResult"], false]);
    open();
    expect(await looking).toEqual(found);
    expect(await patient.lookUp(key)).toEqual(found);
    expect(cache.calls).toEqual(["abilities", "getResult", "getResult"]);
  });

  test("comes to nothing with a service that cannot serve us, whatever it says", async () => {
    const { cache, patient } = setUp();
    cache.results.set(key, found);
    cache.fault = (call) => {
      if (call === "abilities") throw remoteUnfit("memory", "it speaks in riddles", "");
    };
    expect(await endOf(patient.lookUp(key))).toEqual({ code: "REMOTE_UNFIT" });
    expect(patient.use(tally)).toMatchObject({ failures: 1, isGivenUp: true });
    expect(await endOf(patient.lookUp(key))).toEqual({ code: "REMOTE_UNFIT" });
    expect(cache.calls).toEqual(["abilities", "getResult"]);
  });

  test("is made anew at once when it has failed by then, and nobody hears of it", async () => {
    const { clock, cache, patient } = setUp();
    cache.results.set(key, found);
    const failed = new Set<string>();
    cache.fault = (call) => {
      if (failed.has(call)) return;
      failed.add(call);
      refused();
    };
    const looking = patient.lookUp(key);
    await clock.advance(100);
    expect(await looking).toEqual(found);
    expect(cache.calls).toEqual(["abilities", "getResult", "abilities", "getResult"]);
    expect(patient.use(tally)).toBe(undefined);
  });

  test("ends with the question that nobody answers", async () => {
    const { clock, cache, patient } = setUp();
    const signals: AbortSignal[] = [];
    const getResult = cache.getResult.bind(cache);
    cache.getResult = async (asked, context) => {
      signals.push(context.signal);
      return await getResult(asked, context);
    };
    cache.fault = silent;
    const looking = endOf(patient.lookUp(key));
    await clock.advance(2000);
    expect(await looking).toEqual({ code: "REMOTE_UNAVAILABLE" });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(clock.pending).toBe(0);
  });
});

test("one that is dead ends all calls at once, and is counted once", async () => {
  const { clock, cache, patient } = setUp();
  await patient.missing([key]);
  cache.fault = silent;
  const calls = [
    patient.lookUp(key),
    patient.readAll([key]),
    patient.writeAll(new Map([[key, Buffer.from("an action")]])),
  ].map(endOf);
  await clock.advance(2000);
  const codes = await Promise.all(calls);
  expect(codes).toEqual(calls.map(() => ({ code: "REMOTE_UNAVAILABLE" })));
  expect(patient.use(tally)).toMatchObject({ failures: 1, isGivenUp: true });
  const before = cache.calls.length;
  expect(await endOf(patient.lookUp(key))).toEqual({ code: "REMOTE_UNAVAILABLE" });
  expect(cache.calls).toHaveLength(before);
});

test("a call that takes long goes on as long as anything is heard", async () => {
  const { clock, cache, patient } = setUp();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  cache.fault = (call) => (call === "readAll" ? gate : undefined);
  const reading = patient.readAll([key]);
  for (let round = 0; round < 10; round++) {
    await clock.advance(3000);
    await patient.missing([key]);
  }
  open();
  expect((await reading).size).toBe(0);
  expect(patient.isOpen("read")).toBe(true);
});

describe("a service that says nothing any more in the middle of", () => {
  const large = someBytes(3_000_000);
  const largeDigest = digestBytes(large);
  const never = new Promise<never>(() => {});
  type Bench = ReturnType<typeof setUp>;

  /** The service does the first half of what is asked of it, and what `after` says with the rest. */
  const travels: Readonly<
    Record<string, (bench: Bench, after: () => Promise<void>) => Promise<void>>
  > = {
    "a download": async ({ cache, patient }, after) => {
      cache.read = async () =>
        (async function* pieces() {
          yield large.subarray(0, 1_500_000);
          await after();
          yield large.subarray(1_500_000);
        })();
      for await (const _ of patient.read(largeDigest)) continue;
    },
    "an upload": async ({ cache, patient }, after) => {
      cache.write = async (_digest, open) => {
        for await (const { byteLength } of open(0)) if (byteLength > 0) await after();
      };
      await patient.write(largeDigest, async function* pieces() {
        yield large.subarray(0, 1_500_000);
        yield large.subarray(1_500_000);
      });
    },
    "an answer": async ({ cache, patient }, after) => {
      cache.fault = async (call) => (call === "writeAll" ? await after() : undefined);
      await patient.writeAll(new Map([[key, large]]));
    },
  };

  describe.each(Object.entries(travels))("%s", (_what, travel) => {
    test("costs as long as it may be silent, and no second call", async () => {
      const bench = setUp();
      const { clock, cache, patient } = bench;
      await patient.missing([key]);
      const end = endOf(
        travel(bench, async () => {
          cache.fault = silent;
          await never;
        }),
      );
      await clock.advance(4999);
      expect(patient.isOpen("read")).toBe(true);
      await clock.advance(1);
      expect(await end).toEqual({ code: "REMOTE_UNAVAILABLE" });
      expect([patient.isOpen("read"), patient.isOpen("write")]).toEqual([false, false]);
      expect(patient.use(tally)).toMatchObject({ failures: 1, isGivenUp: true });
    });

    test("is waited for when it says that it is there", async () => {
      const bench = setUp();
      const { clock, cache, patient } = bench;
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      const travelling = travel(bench, async () => await gate);
      await clock.advance(25_000);
      go();
      await travelling;
      expect(patient.use(tally)?.failures ?? 0).toBe(0);
      expect(cache.calls.filter((call) => call === "missing").length).toBeLessThan(15);
    });

    test("is not waited for for ever", async () => {
      const bench = setUp();
      const end = endOf(travel(bench, async () => await never));
      await bench.clock.advance(30_000);
      expect(await end).toEqual({ code: "REMOTE_UNAVAILABLE" });
      expect(bench.patient.isOpen("write")).toBe(false);
    });
  });

  test("many calls is asked once for all of them", async () => {
    const { clock, cache, patient } = setUp();
    cache.fault = async (call) => (call === "readAll" ? await silent() : undefined);
    const ends = digestsOf(50).map(async (digest) => await endOf(patient.readAll([digest])));
    await clock.advance(1700);
    expect(cache.calls.filter((call) => call === "missing")).toHaveLength(1);
    await clock.advance(40_000);
    await Promise.all(ends);
  });

  test("a download, and refuses to go on, is left alone after a second and a half", async () => {
    const { clock, cache, patient } = setUp();
    cache.read = async () =>
      (async function* pieces() {
        yield large.subarray(0, 1_500_000);
        cache.fault = refused;
        cache.read = async () => await Promise.reject(remoteUnavailable("memory", "gone"));
        throw remoteUnavailable("memory", "gone");
      })();
    const reading = (async () => {
      for await (const _ of patient.read(largeDigest)) continue;
    })();
    const end = endOf(reading);
    await clock.advance(1500);
    expect(await end).toEqual({ code: "REMOTE_UNAVAILABLE" });
    expect(patient.isOpen("read")).toBe(false);
  });
});

describe("a service that answers, and has brought nothing yet,", () => {
  const blob = someBytes(300_000);
  const blobDigest = digestBytes(blob);
  const large = someBytes(3_000_000);
  const largeDigest = digestBytes(large);
  type Bench = ReturnType<typeof setUp>;

  const reads: Readonly<Record<string, (bench: Bench) => Promise<unknown>>> = {
    "a batch": async ({ patient }) => await patient.readAll([largeDigest, blobDigest]),
    "a download": async ({ patient }) => {
      for await (const _ of patient.read(largeDigest)) continue;
    },
  };

  /** Lets time pass in which others are answered. */
  const pass = async ({ clock, patient }: Bench, ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1000) {
      await clock.advance(Math.min(1000, left));
      if (patient.isOpen("read")) await patient.missing([key]);
    }
  };

  describe.each(Object.entries(reads))("is asked for %s", (_what, read) => {
    test("and never brings anything: it is left alone soon, whatever else it answers", async () => {
      const bench = setUp();
      const { cache, patient } = bench;
      cache.fault = (call) => (call.startsWith("read") ? silent() : undefined);
      const end = endOf(read(bench));
      await pass(bench, 8333);
      expect(patient.isOpen("read")).toBe(true);
      await pass(bench, 1);
      expect(await end).toEqual({ code: "REMOTE_UNAVAILABLE" });
      expect(patient.use(tally)).toMatchObject({ failures: 1, isGivenUp: true });
      expect(bench.clock.pending).toBe(0);
    });

    test("and brings a byte of it, if no more: it is busy, and waited for", async () => {
      const bench = setUp();
      const { cache, patient } = bench;
      cache.blobs.set(blobDigest, blob).set(largeDigest, large);
      const asked: number[] = [];
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      const readNow = cache.read.bind(cache);
      cache.read = async (digest, offset, context) => {
        asked.push(offset);
        if (offset === 0) await gate;
        return await readNow(digest, offset, context);
      };
      cache.fault = (call) => (call === "readAll" ? gate : undefined);
      const reading = read(bench);
      await pass(bench, 20_000);
      expect(asked.filter((offset) => offset > 0)).toHaveLength(1);
      go();
      await reading;
      expect(patient.use(tally)?.failures ?? 0).toBe(0);
    });

    test("and says that it has lost it: that is an answer", async () => {
      const bench = setUp();
      const { cache, patient } = bench;
      const end = endOf(read(bench));
      await settle();
      await end;
      cache.fault = (call) => (call.startsWith("read") ? silent() : undefined);
      void endOf(read(bench));
      await pass(bench, 20_000);
      expect(patient.isOpen("read")).toBe(true);
    });
  });

  test("is not blamed for how long it wants to be left alone", async () => {
    const { clock, cache, patient } = setUp();
    cache.blobs.set(blobDigest, blob);
    let calls = 0;
    cache.fault = (call) => {
      if (call === "readAll" && calls++ === 0)
        throw remoteUnavailable("memory", "busy", { retryAfterMs: 12_000 });
    };
    const reading = patient.readAll([blobDigest]);
    await clock.advance(14_000);
    expect((await reading).size).toBe(1);
  });
});

test("one that refuses one way is asked no more that way", async () => {
  const { cache, patient } = setUp();
  cache.fault = (call) => {
    if (call === "writeAll") throw remoteRefused("memory", "write", "a token for reading");
  };
  const blobs = new Map([[key, Buffer.from("an action")]]);
  expect(await endOf(patient.writeAll(blobs))).toEqual({ code: "REMOTE_REFUSED" });
  expect(await endOf(patient.putResult(key, Buffer.alloc(1)))).toEqual({ code: "REMOTE_REFUSED" });
  expect(cache.calls).not.toContain("putResult");
  expect([patient.isOpen("read"), patient.isOpen("write")]).toEqual([true, false]);
  expect(await patient.missing([key])).toEqual([key]);
  expect(patient.use(tally)).toMatchObject({ failures: 1, isGivenUp: false });
});

test("one that fails now and then is left alone when that is more than one time in ten", async () => {
  const { clock, cache, patient } = setUp();
  let count = 0;
  let every = 20;
  const fails = new Set<Digest>();
  cache.fault = (call, [digest = key]) => {
    if (call !== "missing") return;
    if (!fails.has(digest) && ++count % every === 0) fails.add(digest);
    if (fails.has(digest)) refused();
  };
  const askAll = async (from: number): Promise<void> => {
    for (const digest of digestsOf(40, from)) {
      const asking = endOf(patient.missing([digest]));
      // Somebody else gets answers all the time.
      const other = endOf(patient.lookUp(digest));
      await Promise.all([other, clock.advance(5000)]);
      void endOf(patient.lookUp(key));
      await asking;
    }
  };
  await askAll(0);
  expect(patient.isOpen("read")).toBe(true);
  every = 2;
  await askAll(100);
  expect(patient.isOpen("read")).toBe(false);
});

describe("one that is slow", () => {
  const lookUp = async (
    { clock, patient }: ReturnType<typeof setUp>,
    ms: number,
    earnedMs?: number,
  ): Promise<void> => {
    const startedAt = clock.now();
    await clock.advance(ms);
    patient.lookedUp(startedAt, earnedMs);
  };

  test("is left alone when builds have waited more for it than it saves", async () => {
    const bench = setUp();
    for (let n = 0; n < 3; n++) await lookUp(bench, 1000);
    expect(bench.patient.isOpen("read")).toBe(true);
    await lookUp(bench, 1000);
    expect(bench.patient.isOpen("read")).toBe(false);
    expect(bench.patient.use(tally)?.isGivenUp ?? true).toBe(true);
  });

  test("is asked as long as its results are worth it", async () => {
    const bench = setUp();
    for (let n = 0; n < 20; n++) await lookUp(bench, 1000, n % 4 === 0 ? 60_000 : undefined);
    expect(bench.patient.isOpen("read")).toBe(true);
  });

  test("is asked when look-ups take little of a long build, or are quick", async () => {
    const bench = setUp();
    for (let n = 0; n < 50; n++) {
      await lookUp(bench, 1000);
      await bench.clock.advance(20_000);
    }
    for (let n = 0; n < 200; n++) await lookUp(bench, 400);
    expect(bench.patient.isOpen("read")).toBe(true);
  });
});

describe("a download", () => {
  const bytes = someBytes(500_000);
  const digest = digestBytes(bytes);
  const readAll = async (patient: PatientCache): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of patient.read(digest)) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  test("goes on where it broke off, as long as it comes further", async () => {
    const { clock, cache, patient } = setUp();
    cache.blobs.set(digest, bytes);
    cache.breaks = { afterBytes: 65_536, times: 100 };
    const reading = readAll(patient);
    await clock.advance(10_000);
    expect((await reading).equals(bytes)).toBe(true);
    expect(cache.calls.filter((call) => call === "read")).toHaveLength(8);
  });

  test("is given up when it does not come further", async () => {
    const { clock, cache, patient } = setUp();
    cache.blobs.set(digest, bytes);
    cache.breaks = { afterBytes: 0, times: 100 };
    const reading = endOf(readAll(patient));
    await clock.advance(60_000);
    expect(await reading).toEqual({ code: "REMOTE_UNAVAILABLE" });
    expect(cache.calls.filter((call) => call === "read").length).toBeLessThan(15);
  });

  test("ends early when the blob is gone meanwhile", async () => {
    const { clock, cache, patient } = setUp();
    cache.blobs.set(digest, bytes);
    cache.breaks = { afterBytes: 65_536, times: 1 };
    const reading = readAll(patient);
    await settle();
    cache.blobs.delete(digest);
    await clock.advance(1000);
    expect((await reading).byteLength).toBe(65_536);
  });
});

test.each(["download", "upload"] as const)(
  "a disk of this machine that stands still in the middle of a %s is no silence of the service",
  async (what) => {
    const { clock, cache, patient } = setUp();
    const bytes = someBytes(200_000);
    const digest = digestBytes(bytes);
    await patient.missing([digest]);
    // Nobody can be asked meanwhile, either: the whole process stands still.
    cache.fault = (call) => (call === "missing" ? silent() : undefined);
    const disk = async (): Promise<void> => await clock.advance(100_000);
    if (what === "download") {
      cache.blobs.set(digest, bytes);
      for await (const _ of patient.read(digest)) await disk();
    } else {
      await patient.write(digest, async function* pieces() {
        for (const at of [0, 100_000]) {
          await disk();
          yield bytes.subarray(at, at + 100_000);
        }
      });
      expect(cache.blobs.get(digest)?.equals(bytes)).toBe(true);
    }
    expect(patient.use(tally)?.failures ?? 0).toBe(0);
    expect(clock.pending).toBe(0);
  },
);

test("who asks at once, or while an answer is awaited, asks together", async () => {
  const { cache, patient } = setUp();
  const [there = key] = digestsOf(1);
  cache.blobs.set(there, Buffer.from("blob 0"));
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const asked: number[] = [];
  cache.fault = (call, digests) => {
    if (call !== "missing") return;
    asked.push(digests.length);
    return gate;
  };
  const inquiry = new Inquiry(patient);
  const first = digestsOf(100).map((digest) => inquiry.missing([digest]));
  await settle();
  const second = digestsOf(50, 80).map((digest) => inquiry.missing([digest, there]));
  await settle();
  expect(asked).toEqual([100]);
  open();
  expect((await Promise.all(first)).flat()).toEqual(digestsOf(99, 1));
  expect((await Promise.all(second)).flat()).toEqual(digestsOf(50, 80));
  expect(asked).toEqual([100, 51]);
});
