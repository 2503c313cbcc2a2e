/**
 * What the tests of store care share: a small store to care for, and time.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import type { Clock } from "../../src/base/clock.ts";
import { digestBytes, emptyDigest, type Digest } from "../../src/digest/digest.ts";
import type { ActionResult } from "../../src/graph/action-result.ts";
import type { ActionKey } from "../../src/graph/action.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { ownHolder } from "../../src/store/holder.ts";
import { unpackBlob, unpackResult } from "./unpack.ts";

/** An hour, in milliseconds. */
export const hourMs: number = 60 * 60 * 1000;

/** A clock that is ahead of the machine's. */
export function ahead(ms: number): Clock {
  return { now: () => Date.now() + ms, after: () => () => undefined };
}

/** A holder that is no more: nobody has that pid. */
export function deadHolder(): string {
  return ownHolder().replace(/^\d+/, "999999999");
}

/** A folder that is there until the test ends. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-store-care-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in a folder that is not there yet. */
export function freshStore(): DiskStore {
  return new DiskStore(join(temporaryFolder(), "store"));
}

/** The key of an action that a test calls by a name. */
export function keyOf(name: string): ActionKey {
  return digestBytes(Buffer.from(`action ${name}`));
}

/** Keeps a result whose outputs are files with these contents, used some time ago. */
export async function putResult(
  store: DiskStore,
  name: string,
  parts: {
    readonly files?: readonly string[];
    readonly tree?: Digest;
    readonly treeBlob?: Digest;
    readonly agoMs?: number;
  } = {},
): Promise<ActionKey> {
  const files = await Promise.all(
    (parts.files ?? []).map(async (text, at) => {
      const digest = await store.write(Buffer.from(text));
      return { path: `out/${at}`, digest, isExecutable: false };
    }),
  );
  const rootDigest = parts.tree;
  const treeDigest = parts.treeBlob ?? emptyDigest;
  const result: ActionResult = {
    files,
    directories: rootDigest === undefined ? [] : [{ path: "dist", treeDigest, rootDigest }],
    ...{ exitCode: 0, stdout: emptyDigest, stderr: emptyDigest },
    ...{ worker: "test/mock", startedAt: 1, finishedAt: 2 },
  };
  const key = keyOf(name);
  await store.put(key, result);
  setUsed(pathOf(store, "ac", key), parts.agoMs ?? 0);
  return key;
}

/** Sets the time of a file's last use, as far as an mtime tells it. */
export function setUsed(path: string, agoMs: number): void {
  const seconds = (Date.now() - agoMs) / 1000;
  fs.utimesSync(path, seconds, seconds);
}

/** Path of a result or blob, which is taken out of its pack for it. */
export function pathOf(store: DiskStore, half: "ac" | "cas", digest: Digest): string {
  const unpack = half === "cas" ? unpackBlob : unpackResult;
  return unpack(store.directory, digest);
}

/** Names in a folder of a store; none when it is not there. */
export function namesIn(store: DiskStore, folder: string): string[] {
  const path = join(store.directory, folder);
  return fs.existsSync(path) ? fs.readdirSync(path).toSorted() : [];
}

/** Changes a kept file, which is read-only. */
export function change(path: string, edit: (bytes: Buffer) => Uint8Array): void {
  fs.chmodSync(path, 0o600);
  fs.writeFileSync(path, edit(fs.readFileSync(path)));
}
