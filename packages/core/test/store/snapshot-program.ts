/**
 * A program for tests: takes a directory into a store, and prints the digest of the tree.
 *
 *     <directory> <store>
 *
 * @module
 */
import { writeSync } from "node:fs";

import { DiskStore } from "../../src/store/disk-store.ts";
import { snapshot } from "../../src/store/snapshot.ts";

const [directory = "", store = ""] = process.argv.slice(2);
writeSync(1, await snapshot(new DiskStore(store), directory));
