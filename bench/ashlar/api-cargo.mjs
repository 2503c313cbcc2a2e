/**
 * The same as `api.mjs`, with the toolkit for Rust.
 *
 * @module
 */
export { build, localRunner, source } from "./api.mjs";

const core = new URL("../../packages/core/dist/bundle/index.js", import.meta.url).href;
const toolkit = new URL("../../packages/cargo/dist/bundle/index.js", import.meta.url).href;

/** @type {[typeof import("../../packages/core/dist/index.js"), typeof import("../../packages/cargo/dist/index.js")]} */
const [{ all: group }, { cargo: workspace }] = await Promise.all([import(core), import(toolkit)]);

export const all = group;
export const cargo = workspace;
