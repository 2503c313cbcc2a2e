/**
 * Kinds of packs: where each lies, and how bytes show that they are what their record calls them.
 *
 * @module
 */
import { digestBytes, hashOf } from "../digest/digest.ts";
import { packFolder, resultFolder } from "./pack-names.ts";
import { unsealBytes } from "./seal.ts";

/** What those who care for packs have to know of them. */
export interface PackKind {
  /** Folder of the packs of a store. */
  readonly folderIn: (directory: string) => string;
  /** Whether bytes are those that go by a hash. */
  readonly isWhole: (bytes: Buffer, hash: string) => boolean;
}

/** Packs of blobs, which are named for their bytes. */
export const blobPacks: PackKind = {
  folderIn: packFolder,
  isWhole: (bytes, hash) => hashOf(digestBytes(bytes)) === hash,
};

/** Packs of results, which are sealed. */
export const resultPacks: PackKind = {
  folderIn: resultFolder,
  isWhole: (bytes, hash) => unsealBytes(bytes, hash) !== undefined,
};
