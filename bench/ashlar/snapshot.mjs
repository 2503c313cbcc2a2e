/**
 * A directory goes into a store.
 *
 *     node snapshot.mjs DIRECTORY STORE
 *
 * Prints the digest of the tree.
 *
 * @module
 */
import { DiskStore, snapshot } from "./api.mjs";

const [directory = ".", store = "store"] = process.argv.slice(2);
const digest = await snapshot(new DiskStore(store).content, directory);
process.stdout.write(`${digest}\n`);
