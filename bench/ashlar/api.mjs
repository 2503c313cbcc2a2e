/**
 * Ashlar as users get it: the public API, from the build.
 *
 * By path, so that nothing need be installed here, and a copy of the workspace measures itself.
 *
 * @module
 */
export * from "../../packages/core/dist/index.js";
export { localRunner } from "../../packages/runners/local/dist/index.js";
