/**
 * Object storage as a cache: Amazon S3, or any service that speaks its protocol.
 *
 * @module
 */
import { invalidOption } from "@ashlar/core";

import type { RemoteCache } from "../remote-cache.ts";
import { BucketCache } from "./bucket-cache.ts";
import type { S3CacheOptions } from "./options.ts";

/** @throws {@link BuildError} `INVALID_OPTION`. */
function checkOptions({ bucket, concurrency, endpoint }: Partial<S3CacheOptions>): void {
  // Names of buckets have neither; whoever wrote a URL means something else.
  if (typeof bucket !== "string" || !/^[\w.-]+$/.test(bucket)) {
    throw invalidOption(
      "bucket",
      bucket === undefined ? "missing" : JSON.stringify(bucket),
      "the name of a bucket",
    );
  }
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    throw invalidOption("concurrency", String(concurrency), "a whole number above 0");
  }
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:/.test(endpoint))) {
    throw invalidOption("endpoint", "no address", "an address, such as `https://s3.example.com`");
  }
}

/**
 * A bucket of object storage as a cache: Amazon S3, or a service that speaks its protocol. Needs the package
 * `@aws-sdk/client-s3`, which is loaded when the cache is first used; without it, every call rejects with `REMOTE_UNFIT`.
 *
 * @throws {@link BuildError} `INVALID_OPTION`.
 * @example
 * ```ts
 * const cache = s3Cache({ bucket: "build-cache", prefix: "app", region: "eu-central-1" });
 * ```
 */
export function s3Cache(options: S3CacheOptions): RemoteCache {
  checkOptions(options);
  return new BucketCache(options, async () => await import("@aws-sdk/client-s3"));
}
