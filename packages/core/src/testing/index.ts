/**
 * `@ashlar/core/testing`: suites that every runner and every store has to pass.
 *
 * @module
 */
export { runnerContract, type RunnerContractOptions } from "./runner-contract.ts";
export type { Expectation, TestKit } from "./runner-contract/bench.ts";
export { storeContract, type Damage, type StoreContractOptions } from "./store-contract.ts";
