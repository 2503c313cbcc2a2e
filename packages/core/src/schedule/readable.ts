/**
 * Readable contents: what the bodies of dynamic stages get.
 *
 * @module
 */
import { parsePath } from "../artifact/path.ts";
import type { Json } from "../base/canonical-json.ts";
import type { ReadableFile, ReadableTree } from "../graph/dynamic.ts";
import { applyView } from "../rebuild/view.ts";
import type { Value } from "../runner/runner.ts";
import { walkTree } from "../store/directories.ts";
import { compileGlobs } from "../store/globs.ts";
import type { ContentStore } from "../store/store.ts";

/** Lets somebody read a value. Readers reject with `BLOB_LOST`, as the store does. */
export function readable(content: ContentStore, value: Value): ReadableFile | ReadableTree {
  const { digest } = value;
  if (value.kind === "file") {
    return Object.freeze({ digest, ...fileReaders(async () => await content.read(digest)) });
  }
  return Object.freeze<ReadableTree>({
    digest,
    list: async (...globs) => {
      const wanted = globs.length === 0 ? undefined : await compileGlobs(globs);
      const paths: string[] = [];
      for await (const { path, entry } of walkTree(content, digest)) {
        if (entry.type !== "directory" && wanted?.matches(path) !== false) paths.push(path);
      }
      return paths.toSorted();
    },
    file: (path) => {
      const view = { type: "file", path: parsePath(path) } as const;
      return fileReaders(async () => {
        const file = await applyView(content, digest, view, "the input");
        return await content.read(file.digest);
      });
    },
  });
}

function fileReaders(bytes: () => Promise<Buffer>): Pick<ReadableFile, "bytes" | "json" | "text"> {
  const text = async (): Promise<string> => (await bytes()).toString("utf8");
  return { bytes, text, json: async () => JSON.parse(await text()) as Json };
}
