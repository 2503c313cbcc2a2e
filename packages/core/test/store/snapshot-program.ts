/**
 * A program for tests: takes a directory into a store, and prints the digest of the tree.
 *
 *     <directory> <store>            nothing else
 *     <directory> <store> dots       as well a dot before and after what other threads have read is kept
 *
 * @module
 */
import { writeSync } from "node:fs";

import type { Digest } from "../../src/digest/digest.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { snapshot } from "../../src/store/snapshot.ts";
import type { Intake } from "../../src/store/store.ts";

/** A store that shows where it is, so that somebody can kill the process there. */
class DottedStore extends DiskStore {
  override intake(): Intake {
    const inner = super.intake();
    let isRead: () => void = () => undefined;
    const read = new Promise<void>((resolve) => (isRead = resolve));
    return {
      maxBytes: inner.maxBytes,
      room: (size) => inner.room(size),
      keep: (size) => inner.keep(size),
      keepAll: async (bytes: Buffer, digests: readonly Digest[]) => {
        isRead();
        writeSync(1, ".");
        await inner.keepAll?.(bytes, digests);
        writeSync(1, ".");
      },
      pause: async () => {
        await read;
        await inner.pause?.();
      },
      end: async () => await inner.end(),
    };
  }
}

const [directory = "", store = "", mode = ""] = process.argv.slice(2);
const content = mode === "dots" ? new DottedStore(store) : new DiskStore(store);
writeSync(1, await snapshot(content, directory));
