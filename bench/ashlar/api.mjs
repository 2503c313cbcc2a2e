/**
 * Ashlar as users get it: the public API, from the bundles that are published.
 *
 * By path, so that nothing need be installed here, and a copy of the workspace measures itself. Run it with
 * `--conditions=@ashlar/bundle`, or the bundle of the runner brings the modules of the core along.
 *
 * @module
 */
import { bundleOf } from "./bundle-of.mjs";

/** @typedef {import("../../packages/core/dist/index.js").File} File */
/** @typedef {import("../../packages/core/dist/index.js").Tree} Tree */
/** @typedef {import("../../packages/core/dist/index.js").Runner} Runner */

/**
 * @typedef {typeof import("../../packages/core/dist/index.js")} Core
 * @typedef {typeof import("../../packages/runners/local/dist/index.js")} Local
 */

/** Both at once, as imports of a script are. @type {[Core, Local]} */
const [core, local] = await Promise.all([
  import(bundleOf("core")),
  import(bundleOf("runners/local")),
]);

export const { build, digestBytes, out, parseDigest, sh, simulate, snapshot, source, stage, text } =
  core;
export const { tool, walkTree } = core;
export const { DiskStore, MemoryStore } = core;
export const { localRunner } = local;
