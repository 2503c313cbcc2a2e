/**
 * The great property of remote caches: whatever the graph, the edits and the weather, a build with a cache gives what
 * the pure evaluator gives.
 *
 * Some machines take turns. Between and during their builds the cache loses blobs and results, has others bytes than it should,
 * cuts results short, and does not answer; the stores on the machines lose blobs, too.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  build,
  decodeActionResult,
  digestBytes,
  emptyDigest,
  encodeActionResult,
  MemoryStore,
  out,
  sh,
  source,
  stage,
  type Artifact,
  type Digest,
  type File,
  type Tree,
} from "@ashlar/core";
import { mockRunner, virtualClock } from "@ashlar/runner-mock";
import { withRemote, type RemoteOptions } from "@ashlar/runner-remote";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { MemoryCache, refused } from "../packages/runners/remote/test/memory-cache.ts";

const sourceCount = 2;
const machineCount = 2;
const maxNodes = 6;

interface Node {
  readonly kind: "file" | "tree";
  readonly salt: number;
  /** Among the sources and the nodes before this one. */
  readonly inputs: readonly [number, number];
}

/** What happens in one turn: an edit, and a build of some nodes on one machine. */
interface Turn {
  readonly machine: number;
  readonly sources: readonly string[];
  readonly targets: readonly number[];
  readonly fetch: NonNullable<RemoteOptions["fetch"]>;
  readonly write: boolean;
  /** Of a hundred calls, those to which something happens. */
  readonly storminess: number;
  readonly seed: number;
}

const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom("file", "tree"),
  salt: fc.nat(1),
  inputs: fc.tuple(fc.nat(20), fc.nat(20)),
});

const turn: fc.Arbitrary<Turn> = fc.record({
  machine: fc.nat(machineCount - 1),
  sources: fc.array(fc.constantFrom("", "a", "b"), {
    minLength: sourceCount,
    maxLength: sourceCount,
  }),
  targets: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  fetch: fc.constantFrom("needed", "targets", "all"),
  write: fc.nat(3).map((n) => n > 0),
  storminess: fc.constantFrom(0, 5, 20, 60, 100),
  seed: fc.nat(),
});

/** The text that each source and node stands for. */
function evaluate(nodes: readonly Node[], sources: readonly string[]): string[] {
  const texts = [...sources];
  const counts = sources.map(() => 1);
  for (const { kind, salt, inputs } of nodes) {
    const at = [...new Set(inputs.map((input) => input % texts.length))];
    texts.push(
      textOf(
        salt,
        at.flatMap((each) => Array.from({ length: counts[each]! }, () => texts[each]!)),
      ),
    );
    counts.push(kind === "tree" ? 2 : 1);
  }
  return texts;
}

/** Loses much, so that one content has many producers. */
function textOf(salt: number, texts: readonly string[]): string {
  return `${salt}${texts.join("").slice(-4)}`;
}

/** Handles on all that the texts stand for. */
function declare(nodes: readonly Node[]): Artifact[] {
  const artifacts: Artifact[] = Array.from({ length: sourceCount }, (_, at) =>
    source.file(`s${at}`),
  );
  for (const [at, { kind, salt, inputs }] of nodes.entries()) {
    const unique = [...new Set(inputs.map((input) => input % artifacts.length))];
    const root = Object.fromEntries(
      unique.map((input, place) => [`in-${place}`, artifacts[input]!]),
    );
    const made = kind === "tree" ? { made: out.tree("made") } : { made: out.file("made") };
    artifacts.push(stage(`n${at}`, () => sh({ root, outputs: made })`${[kind, salt]}`)());
  }
  return artifacts;
}

function runnerOf(): ReturnType<typeof mockRunner> {
  const runner = mockRunner();
  for (let at = 0; at < maxNodes; at++) {
    runner.on(`n${at}`, async (call) => {
      const texts = await Promise.all((await call.list()).map((path) => call.text(path)));
      const [kind, salt] = call.argv;
      const text = textOf(Number(salt), texts);
      return { outputs: { made: kind === "tree" ? { "deep/text": text, text } : text } };
    });
  }
  return runner;
}

/** A random number from 0 on, below a bound. The same ones for a seed. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Lets something happen to a cache, and to a store. */
function strike(cache: MemoryCache, local: MemoryStore, roll: (below: number) => number): void {
  const pick = <T>(each: Iterable<T>): T | undefined => {
    const list = [...each];
    return list[roll(list.length)];
  };
  const digest = pick(cache.blobs.keys());
  const key = pick(cache.results.keys());
  switch (roll(7)) {
    case 0:
      if (digest !== undefined) cache.blobs.delete(digest);
      break;
    case 1:
      if (digest !== undefined) cache.blobs.set(digest, Buffer.from("something else"));
      break;
    case 2:
      if (digest !== undefined) cache.blobs.set(digest, cache.blobs.get(digest)!.subarray(1));
      break;
    case 3:
      if (key !== undefined) {
        const message = cache.results.get(key)!;
        cache.results.set(key, message.subarray(0, roll(message.byteLength)));
      }
      break;
    case 4:
      if (digest !== undefined) local.evict(digest);
      break;
    case 5:
      if (key !== undefined) misstate(cache, key, roll);
      break;
    default:
      refused();
  }
}

/** Lets a result say of its trees that they have a root which nobody has ever seen, or nothing. */
function misstate(cache: MemoryCache, key: Digest, roll: (below: number) => number): void {
  const rootDigest = roll(3) === 0 ? emptyDigest : digestBytes(Buffer.from(`root ${roll(3)}`));
  try {
    const result = decodeActionResult(cache.results.get(key)!);
    const directories = result.directories.map((each) => ({ ...each, rootDigest }));
    const message = encodeActionResult({ ...result, directories }, { emptyRoots: false });
    cache.results.set(key, message);
  } catch {
    // It was cut short.
  }
}

test("a build with a cache gives what it gives without, whatever the weather", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-random-remote-"));
  mkdirSync(join(folder, "project"));
  const cwd = join(folder, "project");
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(node, { minLength: 1, maxLength: maxNodes, size: "max" }),
        fc.array(turn, { minLength: 2, maxLength: 5, size: "max" }),
        async (nodes, turns) => {
          const cache = new MemoryCache();
          const locals = Array.from({ length: machineCount }, () => new MemoryStore());
          for (const each of turns) {
            for (const [at, text] of each.sources.entries())
              writeFileSync(join(cwd, `s${at}`), text);
            const roll = dice(each.seed);
            const local = locals[each.machine]!;
            cache.fault = () => {
              if (roll(100) < each.storminess) strike(cache, local, roll);
            };
            const { fetch, write } = each;
            const store = withRemote(local, cache, {
              fetch,
              write,
              random: () => roll(100) / 100,
            });
            const artifacts = declare(nodes);
            const wanted = each.targets.map((target) => sourceCount + (target % nodes.length));
            const targets = Object.fromEntries(wanted.map((at) => [`t${at}`, artifacts[at]!]));
            const report = await build(all(targets), {
              ...{ store, cwd, runner: runnerOf(), clock: virtualClock() },
            });
            // Who loses blobs faster than they can be made has lost.
            cache.fault = undefined;
            const texts = evaluate(nodes, each.sources);
            for (const at of wanted) {
              const made = artifacts[at]!;
              const isTree = nodes[at - sourceCount]!.kind === "tree";
              const file = isTree ? (made as Tree).file("deep/text") : (made as File);
              expect(await report.text(file)).toBe(texts[at]);
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without a storm, what one machine has made another never runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-random-remote-"));
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(node, { minLength: 1, maxLength: maxNodes, size: "max" }),
        fc.constantFrom("needed" as const, "targets" as const, "all" as const),
        async (nodes, fetch) => {
          for (let at = 0; at < sourceCount; at++) writeFileSync(join(folder, `s${at}`), "a");
          const cache = new MemoryCache();
          const run = async () => {
            const store = withRemote(new MemoryStore(), cache, { fetch, write: true });
            const targets = Object.fromEntries(declare(nodes).map((made, at) => [`t${at}`, made]));
            const clock = virtualClock();
            const options = { store, cwd: folder, runner: runnerOf(), clock };
            return { report: await build(all(targets), options), sent: store.summary() };
          };
          await run();
          const sent: ReadonlySet<Digest> = new Set(cache.blobs.keys());
          const { report } = await run();
          expect(report.ran).toEqual([]);
          expect(report.remoteCache).toMatchObject({ failures: 0, sentBlobs: 0, misses: 0 });
          expect(new Set(cache.blobs.keys())).toEqual(sent);
        },
      ),
      { numRuns: 30 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
