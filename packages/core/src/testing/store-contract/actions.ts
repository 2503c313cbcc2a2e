/**
 * The guarantees of `ActionCache`.
 *
 * @module
 */
import { digestBytes, emptyDigest } from "../../digest/digest.ts";
import type { ActionResult } from "../../graph/action-result.ts";
import type { TestKit } from "../runner-contract/bench.ts";
import { allDamages, type Check, type StoreContractOptions } from "./bench.ts";

/** Declares the tests. */
export function checkActions(
  { expect }: TestKit,
  check: Check,
  options: StoreContractOptions,
): void {
  const alone = options.reopen === undefined && "it cannot be opened twice";
  const unharmed = options.damageResult === undefined && "nobody can damage it";
  const key = digestBytes(Buffer.from("an action"));

  check("actions 1", "what was put can be got", async ({ store }) => {
    expect(await store.actions.get(key)).toBe(undefined);
    await store.actions.put(key, someResult(1));
    expect(await store.actions.get(key)).toEqual(someResult(1));
    expect(await store.actions.get(digestBytes(Buffer.from("another")))).toBe(undefined);
  });

  check(
    "actions 1",
    "others on the same store get it",
    async ({ store, reopen }) => {
      const other = await reopen();
      expect(await other.actions.get(key)).toBe(undefined);
      await store.actions.put(key, someResult(2));
      expect(await other.actions.get(key)).toEqual(someResult(2));
    },
    alone,
  );

  check("actions 1", "a key is no blob, and a blob no key", async ({ store }) => {
    await store.actions.put(key, someResult(1));
    expect(await store.content.missing([key])).toEqual([key]);
    const digest = await store.content.write(Buffer.from("another action"));
    expect(await store.actions.get(digest)).toBe(undefined);
  });

  for (const damage of options.damages ?? allDamages) {
    check(
      "actions 2",
      `an entry that is ${damage} is absent, and can be put again`,
      async ({ store }) => {
        await store.actions.put(key, someResult(3));
        await options.damageResult?.(store, key, damage);
        expect(await store.actions.get(key)).toBe(undefined);
        await store.actions.put(key, someResult(4));
        expect(await store.actions.get(key)).toEqual(someResult(4));
      },
      unharmed,
    );
  }

  check("actions 3", "the last one put stands", async ({ store }) => {
    for (let n = 0; n < 5; n++) await store.actions.put(key, someResult(n));
    expect(await store.actions.get(key)).toEqual(someResult(4));
  });

  check("actions 3", "of those put at once, one stands", async ({ store }) => {
    const results = Array.from({ length: 10 }, (_, n) => someResult(n));
    await Promise.all(results.map((result) => store.actions.put(key, result)));
    const found = await store.actions.get(key);
    expect(results.map(({ exitCode }) => exitCode)).toContain(found?.exitCode);
    expect(found).toEqual(someResult(found?.exitCode ?? -1));
  });
}

/** A result with all that one can have; those of different numbers differ in size. */
function someResult(n: number): ActionResult {
  const digest = digestBytes(Buffer.from(`output ${n}`));
  return {
    files: [
      { path: "out/app", digest, isExecutable: true },
      { path: `out/ä🪨${"x".repeat(n * 50)}`, digest: emptyDigest, isExecutable: false },
    ],
    directories: [{ path: "../dist", treeDigest: digest, rootDigest: emptyDigest }],
    exitCode: n,
    stdout: digest,
    stderr: emptyDigest,
    worker: "test/mock",
    startedAt: 1_700_000_000_123,
    finishedAt: 1_700_000_001_000 + n,
  };
}
