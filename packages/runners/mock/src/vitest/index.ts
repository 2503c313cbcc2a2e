/**
 * `@ashlar/runner-mock/vitest`: matchers on builds, for `expect.extend`.
 *
 * @module
 */
export { matchers, type MockMatchers } from "./matchers.ts";
