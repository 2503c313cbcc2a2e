/**
 * The contract suite of stores: the guarantees of `ContentStore` and `ActionCache`, each tested under
 * its number.
 *
 * Knows nothing of how a store keeps things. What only its author can do, to open it a second time or
 * to damage it, the author hands in; without that, the tests that need it are skipped by name.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TestKit } from "./runner-contract/bench.ts";
import { checkActions } from "./store-contract/actions.ts";
import type { Check, StoreContractOptions } from "./store-contract/bench.ts";
import { checkContent } from "./store-contract/content.ts";

export type { Damage, StoreContractOptions } from "./store-contract/bench.ts";

/** For tests that hang, in milliseconds: none is about time, and machines may be busy. */
const testMs = 300_000;

/**
 * Declares the suite. The test library is handed in, so any that is like vitest will do.
 *
 * @example
 * ```ts
 * import { storeContract } from "@ashlar/core/testing";
 * import { describe, expect, test } from "vitest";
 *
 * storeContract({ describe, expect, test }, { makeStore: () => new MemoryStore() });
 * ```
 */
export function storeContract(kit: TestKit, options: StoreContractOptions): void {
  const { makeStore, reopen = makeStore, exceptions = {} } = options;
  const check: Check = (guarantee, name, body, missing = false) => {
    const why = exceptions[guarantee] ?? missing;
    const run = async (): Promise<void> => {
      const root = fs.mkdtempSync(join(tmpdir(), "ashlar-store-contract-"));
      try {
        const [own, folder] = [join(root, "store"), join(root, "files")];
        fs.mkdirSync(own);
        fs.mkdirSync(folder);
        const store = await makeStore(own);
        await body({ store, folder, reopen: async () => await reopen(own) });
      } finally {
        fs.rmSync(root, { recursive: true, force: true });
      }
    };
    if (why === false) kit.test(`${guarantee}: ${name}`, run, testMs);
    else kit.test.skip(`${guarantee}: ${name} (not here: ${why})`, run);
  };
  kit.describe("the contract of content stores", () => checkContent(kit, check, options));
  kit.describe("the contract of action caches", () => checkActions(kit, check, options));
}
