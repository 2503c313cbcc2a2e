/**
 * `@ashlar/runner-remote/testing`: a service of the Remote Execution API in memory, for tests of what happens when a
 * service fails. That something works is shown against real ones.
 *
 * @module
 */
export { ReapiServer, type ReapiServerOptions, type ServerTls } from "./reapi-server.ts";
export type { Behaviour } from "./behaviour.ts";
export type { CallSeen, Fault } from "./faults.ts";
export type { ExecuteCall, Executed } from "./execution-service.ts";
export { unsortedTree } from "./unsorted-tree.ts";
