/**
 * `@ashlar/runner-mock/assert`: assertions on builds as plain functions.
 *
 * @module
 */
export {
  assertKey,
  assertRan,
  assertRanBefore,
  assertReused,
  assertSkipped,
} from "./assertions.ts";
