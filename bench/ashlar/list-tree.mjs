/**
 * Lists the files of a tree as `sha256sum` does. Not measured: it checks what was.
 *
 *     node list-tree.mjs TREE STORE
 *
 * @module
 */
import { DiskStore, parseDigest, walkTree } from "./api.mjs";

const [tree = "", store = "store"] = process.argv.slice(2);
let lines = "";
for await (const { path, entry } of walkTree(new DiskStore(store).content, parseDigest(tree))) {
  if (entry.type === "file") lines += `${entry.digest.slice(0, 64)}  ./${path}\n`;
}
process.stdout.write(lines);
