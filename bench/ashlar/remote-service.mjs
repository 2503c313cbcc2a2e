/**
 * A service of the Remote Execution API in memory, where there is no other. Prints its port; ends when it is killed.
 *
 * @module
 */
/** @type {typeof import("../../packages/runners/remote/dist/testing/index.js")} */
const { ReapiServer } = await import(
  new URL("../../packages/runners/remote/dist/bundle/testing.js", import.meta.url).href
);
const server = await ReapiServer.start();
process.stdout.write(`${server.port}\n`);
