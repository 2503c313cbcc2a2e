/**
 * Trees for tests: as plain data, as random data, and on a disk.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { onTestFinished } from "vitest";

import type { Digest } from "../../src/digest/digest.ts";
import { readDirectory, writeDirectory } from "../../src/store/directories.ts";
import type { ContentStore } from "../../src/store/store.ts";

/** A directory as data: entries by name. */
export interface Folder {
  readonly [name: string]: Entry;
}

/** A file is its text, with `exec` in front if it can be executed; a link says where it leads. */
export type Entry = string | Folder | { readonly exec: string } | { readonly link: string };

export const isFolder = (entry: Entry): entry is Folder =>
  typeof entry === "object" && typeof entry["link" as never] !== "string" && !isExec(entry);
export const isLink = (entry: Entry): entry is { readonly link: string } =>
  typeof entry === "object" && typeof (entry as { link?: unknown }).link === "string";
export const isExec = (entry: Entry): entry is { readonly exec: string } =>
  typeof entry === "object" && typeof (entry as { exec?: unknown }).exec === "string";

/** A name that a disk may hold: anything but `/`, NUL and the two that mean something else. */
export const entryName: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
    fc.constantFrom("a", "b", "c.txt", ".hidden", "..data", "...", "new\nline", "🪨", "it's"),
    fc.constantFrom('say "hi"', "two words", "*", "[a]", "{a,b}", "!a", "a\\b", "ä", "a\u0308"),
    fc.constantFrom("$HOME", "`x`", " ", "\t", "-rf", "#", "con", "a;b", "link", "exec"),
  )
  .filter(
    (name) =>
      !/[/\0]/.test(name) &&
      !/\p{Surrogate}/u.test(name) &&
      name !== "." &&
      name !== ".." &&
      Buffer.byteLength(name) < 100,
  );

/** Random trees: a few levels, all kinds of entries, odd names. Links stay inside. */
export const folder: fc.Arbitrary<Folder> = fc.letrec<{ folder: Folder; entry: Entry }>((tie) => ({
  entry: fc.oneof(
    { maxDepth: 3, depthIdentifier: "tree" },
    fc.string({ maxLength: 8 }),
    fc.record({ exec: fc.string({ maxLength: 8 }) }),
    fc.record({ link: fc.constantFrom("a", "./b", "c.txt/../x", "no where") }),
    tie("folder"),
  ),
  folder: fc
    .array(fc.tuple(entryName, tie("entry")), { maxLength: 5, depthIdentifier: "tree" })
    // `link` and `exec` hold folders or nothing here, or they would be read as something else.
    .map((entries) =>
      Object.fromEntries(
        entries.filter(([name, e]) => !["link", "exec"].includes(name) || typeof e === "object"),
      ),
    ),
})).folder;

/** Writes a folder to a directory that exists. */
export function writeFolder(directory: string, entries: Folder): void {
  for (const [name, entry] of Object.entries(entries)) {
    const path = join(directory, name);
    if (isLink(entry)) fs.symlinkSync(entry.link, path);
    else if (isExec(entry)) fs.writeFileSync(path, entry.exec, { mode: 0o755 });
    else if (typeof entry === "string") fs.writeFileSync(path, entry, { mode: 0o644 });
    else {
      fs.mkdirSync(path);
      writeFolder(path, entry);
    }
  }
}

/** Reads a directory of the disk. */
export function readFolder(directory: string): Folder {
  return Object.fromEntries(
    fs.readdirSync(directory, { withFileTypes: true }).map((entry): [string, Entry] => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return [entry.name, readFolder(path)];
      if (entry.isSymbolicLink()) return [entry.name, { link: fs.readlinkSync(path) }];
      const text = fs.readFileSync(path, "utf8");
      return [entry.name, (fs.statSync(path).mode & 0o100) === 0 ? text : { exec: text }];
    }),
  );
}

/** Keeps a folder in a store, by no other means than directory messages. */
export async function keepFolder(content: ContentStore, entries: Folder): Promise<Digest> {
  const files = [];
  const directories = [];
  const symlinks = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (isLink(entry)) symlinks.push({ name, target: entry.link });
    else if (isFolder(entry)) directories.push({ name, digest: await keepFolder(content, entry) });
    else {
      const text = isExec(entry) ? entry.exec : entry;
      const digest = await content.write(Buffer.from(text));
      files.push({ name, digest, isExecutable: isExec(entry) });
    }
  }
  return await writeDirectory(content, { files, directories, symlinks });
}

/** What a store keeps under the digest of a tree. */
export async function loadFolder(content: ContentStore, tree: Digest): Promise<Folder> {
  const { files, directories, symlinks } = await readDirectory(content, tree);
  const entries: [string, Entry][] = symlinks.map(({ name, target }) => [name, { link: target }]);
  for (const { name, digest, isExecutable } of files) {
    const text = (await content.read(digest)).toString("utf8");
    entries.push([name, isExecutable ? { exec: text } : text]);
  }
  for (const { name, digest } of directories) {
    entries.push([name, await loadFolder(content, digest)]);
  }
  return Object.fromEntries(entries);
}

/** A directory that is gone when the test is over. */
export function temporary(): string {
  const directory = fs.mkdtempSync(join(tmpdir(), "ashlar-test-"));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A store that does some things in another way. */
export function changed(inner: ContentStore, changes: Partial<ContentStore>): ContentStore {
  return {
    missing: (digests) => inner.missing(digests),
    read: (digest) => inner.read(digest),
    write: (bytes) => inner.write(bytes),
    writeFile: (path) => inner.writeFile(path),
    copyTo: (digest, path, mode) => inner.copyTo(digest, path, mode),
    ...changes,
  };
}
