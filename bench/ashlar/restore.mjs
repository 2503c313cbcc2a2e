/**
 * A tree of a store goes to the disk.
 *
 *     node restore.mjs DIRECTORY STORE PLACE
 *
 * Prints how long the export took, in milliseconds, without the taking of the source before.
 *
 * @module
 */
import { build, localRunner, source } from "./api.mjs";

const [directory = ".", store = "store", place = "place"] = process.argv.slice(2);
const tree = source(directory, { gitignore: false });
const report = await build(tree, { runner: localRunner({ sandbox: "none" }), store });
const began = performance.now();
await report.export(tree, place);
process.stdout.write(`${performance.now() - began}\n`);
