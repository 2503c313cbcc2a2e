/**
 * Directories as messages: what a tree digest stands for.
 *
 * A tree is named by the digest of its root `Directory` (REAPI v2), which names each entry with its
 * digest, its exec bit or its link target. Modification times, owners and the other mode bits have no
 * place in it, so they cannot count.
 *
 * @module
 */
import { compareCodePoints } from "../base/order.ts";
import { digestBytes, emptyDigest, type Digest } from "../digest/digest.ts";
import { MessageWriter, readDigest, readFields } from "../digest/wire.ts";
import { malformedMessage } from "../errors/catalogue.ts";

/** A file in a directory. */
export interface FileNode {
  readonly name: string;
  readonly digest: Digest;
  readonly isExecutable: boolean;
}

/** A directory in a directory: `digest` names its own message. */
export interface DirectoryNode {
  readonly name: string;
  readonly digest: Digest;
}

/** A symbolic link in a directory, with its literal target. */
export interface SymlinkNode {
  readonly name: string;
  readonly target: string;
}

/** One directory. Names are unique across the three lists; the lists have no order of their own. */
export interface Directory {
  readonly files: readonly FileNode[];
  readonly directories: readonly DirectoryNode[];
  readonly symlinks: readonly SymlinkNode[];
}

/** The directory without entries. Its digest is that of no bytes. */
export const emptyDirectory: Directory = { files: [], directories: [], symlinks: [] };

/** One for all directories: a new one for each would leave more behind than it writes. */
const writer = new MessageWriter();

/** Writes the canonical message: entries sorted by code point, defaults left out. */
export function encodeDirectory({ files, directories, symlinks }: Directory): Buffer {
  writer.clear();
  for (const { name, digest, isExecutable } of inOrder(files)) {
    const start = writer.begin(1);
    writer.string(1, name).digest(2, digest).bool(4, isExecutable).end(start);
  }
  for (const { name, digest } of inOrder(directories)) {
    const start = writer.begin(2);
    writer.string(1, name).digest(2, digest).end(start);
  }
  for (const { name, target } of inOrder(symlinks)) {
    const start = writer.begin(3);
    writer.string(1, name).string(2, target).end(start);
  }
  return writer.finish();
}

/**
 * Reads a directory message.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes are not one.
 */
export function decodeDirectory(message: Uint8Array): Directory {
  const files: FileNode[] = [];
  const directories: DirectoryNode[] = [];
  const symlinks: SymlinkNode[] = [];
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) files.push(readFile(bytes));
    if (number === 2) directories.push(readSubdirectory(bytes));
    if (number === 3) symlinks.push(readSymlink(bytes));
  }
  return { files, directories, symlinks };
}

/** Every entry's name and kind, for messages and look-ups by name. */
export function entryNames(directory: Directory): string[] {
  return [...directory.files, ...directory.directories, ...directory.symlinks].map(
    ({ name }) => name,
  );
}

/**
 * Writes a REAPI `Tree`: a directory and all below it in one blob. Parents come first and each
 * directory once, so that a reader can stop early (`is_topologically_sorted`).
 */
export function encodeTree(root: Directory, children: readonly Directory[]): Buffer {
  const tree = new MessageWriter().message(1, encodeDirectory(root));
  for (const child of children) tree.message(2, encodeDirectory(child));
  return tree.finish();
}

/** Reads a `Tree`: its root, and its other directories by digest. */
export function decodeTree(message: Uint8Array): {
  readonly root: Directory;
  readonly children: ReadonlyMap<Digest, Directory>;
} {
  let root = emptyDirectory;
  const children = new Map<Digest, Directory>();
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) root = decodeDirectory(bytes);
    if (number === 2) children.set(digestBytes(bytes), decodeDirectory(bytes));
  }
  return { root, children };
}

function readFile(message: Buffer): FileNode {
  let name = "";
  let digest = emptyDigest;
  let isExecutable = false;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) name = bytes.toString("utf8");
    if (number === 2) digest = readDigest(bytes);
    if (number === 4) isExecutable = integer !== 0;
  }
  return { name: checkName(name), digest, isExecutable };
}

function readSubdirectory(message: Buffer): DirectoryNode {
  const { name, digest } = readFile(message);
  return { name, digest };
}

function readSymlink(message: Buffer): SymlinkNode {
  let name = "";
  let target = "";
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) name = bytes.toString("utf8");
    if (number === 2) target = bytes.toString("utf8");
  }
  return { name: checkName(name), target };
}

/** A directory may come from anywhere, and what it names is written to disks. */
function checkName(name: string): string {
  const isName = name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
  if (!isName) throw malformedMessage(`\`${name}\` is not the name of an entry`);
  return name;
}

/** Most lists come sorted already; those are not copied. */
function inOrder<N extends { readonly name: string }>(nodes: readonly N[]): readonly N[] {
  for (let at = 1; at < nodes.length; at++) {
    const [before, here] = [nodes[at - 1] as N, nodes[at] as N];
    if (compareCodePoints(before.name, here.name) > 0) {
      return nodes.toSorted((a, b) => compareCodePoints(a.name, b.name));
    }
  }
  return nodes;
}
