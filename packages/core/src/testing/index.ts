/**
 * `@ashlar/core/testing`: suites that every runner and every store has to pass.
 *
 * @module
 */
export {};
