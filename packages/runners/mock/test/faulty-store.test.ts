/**
 * A store with faults keeps the contract, as long as it has none and when it has lost a blob.
 *
 * @module
 */
import { MemoryStore } from "@ashlar/core";
import { storeContract } from "@ashlar/core/testing";
import { FaultyStore } from "@ashlar/runner-mock";
import { describe, expect, test } from "vitest";

storeContract(
  { describe, expect, test },
  {
    makeStore: () => new FaultyStore({ store: new MemoryStore() }),
    damages: ["gone", "altered"],
    damageBlob: (store, digest, damage) => {
      if (damage === "gone") (store as FaultyStore).evict(digest);
      else (store as FaultyStore).corrupt(digest);
    },
  },
);
