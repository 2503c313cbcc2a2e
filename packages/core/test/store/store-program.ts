/**
 * A program for tests: one process among several on a store.
 *
 *     build <store> <variant>      builds once for each message from the parent, and says what came of it
 *     collect <store>              collects garbage again and again; tells what it removed
 *     write <store> <variant>      builds and collects until it is killed; prints a dot at every step
 *     fill <store> <variant>       takes in much, again and again, until it is killed; dots as above, and after
 *                                  each a line: the number of the first blob that is there, see `fatBlob`
 *
 * @module
 */
import { writeSync } from "node:fs";

import type { Digest } from "../../src/digest/digest.ts";
import type { ActionResult } from "../../src/graph/action-result.ts";
import type { ActionKey } from "../../src/graph/action.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { StoreLease } from "../../src/store/lease.ts";
import type { Intake } from "../../src/store/store.ts";
import { buildVariant, expectedOf, fatBlob, fillingCount } from "./pipeline.ts";

/** What a builder says of one build. */
export interface Built {
  readonly isRight: boolean;
  readonly rewinds: number;
  readonly error: string | undefined;
}

/** A store that shows where it is, so that somebody can kill the process there. */
class DottedStore extends DiskStore {
  override intake(): Intake {
    const inner = super.intake();
    const keep = (size: number): Digest => {
      writeSync(1, ".");
      return inner.keep(size);
    };
    const end = async (): Promise<void> => {
      writeSync(1, ".");
      await inner.end();
      writeSync(1, ".");
    };
    const room = (size: number): Buffer => inner.room(size);
    return { maxBytes: inner.maxBytes, room, keep, pause: () => inner.pause?.(), end };
  }

  override async write(bytes: Uint8Array): Promise<Digest> {
    writeSync(1, ".");
    const digest = await super.write(bytes);
    writeSync(1, ".");
    return digest;
  }

  override async put(key: ActionKey, result: ActionResult): Promise<void> {
    writeSync(1, ".");
    await super.put(key, result);
    writeSync(1, ".");
  }
}

async function buildOnce(directory: string, variant: number): Promise<Built> {
  using lease = new StoreLease(directory);
  let rewinds = 0;
  try {
    const made = await buildVariant(new DiskStore(directory), variant, ({ type }) => {
      if (type === "stage-rewound") rewinds++;
    });
    lease.refresh();
    return { isRight: made === expectedOf(variant), rewinds, error: undefined };
  } catch (error) {
    return { isRight: false, rewinds, error: String(error) };
  }
}

async function collectForever(directory: string): Promise<never> {
  for (;;) {
    const { removed } = await collectGarbage(new DiskStore(directory), { maxBytes: 0 });
    process.send?.(removed.results.count);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function writeForever(directory: string, first: number): Promise<never> {
  for (let variant = first; ; variant++) {
    using lease = new StoreLease(directory);
    const store = new DottedStore(directory);
    await buildVariant(store, variant);
    lease.refresh();
    if (variant % 3 === 0) await collectGarbage(store, { maxBytes: 20_000 });
  }
}

async function fillForever(directory: string, variant: number): Promise<never> {
  const store = new DottedStore(directory);
  for (let first = variant * 1_000_000; ; first += fillingCount) {
    using _ = store.hold();
    const intake = store.intake();
    for (let n = first; n < first + fillingCount; n++) {
      await intake.pause?.();
      const bytes = fatBlob(n);
      intake.room(bytes.byteLength).set(bytes);
      intake.keep(bytes.byteLength);
    }
    await intake.end();
    writeSync(1, `\n${first}\n`);
  }
}

const [mode = "", directory = "", variant = "0"] = process.argv.slice(2);
process.on("disconnect", () => process.exit());
if (mode === "collect") await collectForever(directory);
if (mode === "fill") await fillForever(directory, Number(variant));
if (mode === "write") await writeForever(directory, Number(variant));
if (mode === "build") {
  let at = Number(variant);
  process.on("message", () => {
    void buildOnce(directory, at++).then((built) => process.send?.(built));
  });
}
