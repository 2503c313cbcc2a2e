/**
 * A directory goes into a store.
 *
 *     node snapshot.mjs DIRECTORY STORE
 *
 * Prints the digest of the tree. Nothing runs, so no runner is imported.
 *
 * @module
 */
import { bundleOf } from "./bundle-of.mjs";

/** @type {typeof import("../../packages/core/dist/index.js")} */
const { DiskStore, snapshot } = await import(bundleOf("core"));

const [directory = ".", store = "store"] = process.argv.slice(2);
const digest = await snapshot(new DiskStore(store).content, directory);
process.stdout.write(`${digest}\n`);
