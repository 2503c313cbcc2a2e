/**
 * `@ashlar/runner-remote`: remote caches and remote execution.
 *
 * @module
 */
export type { CacheAbilities, CallContext, RemoteCache } from "./remote-cache.ts";
export {
  signed,
  SignedCache,
  type RefusedResult,
  type SignedCacheOptions,
} from "./signed-cache.ts";
export { sharedFolder } from "./shared-folder.ts";
export type {
  ConnectionOptions,
  HeaderSource,
  HeaderValue,
  TlsOptions,
} from "./reapi/connection-options.ts";
export { remoteCache, type RemoteCacheOptions } from "./reapi/reapi-cache.ts";
export { withRemote, type RemoteOptions, type RemoteStore } from "./remote-store.ts";
export { s3Cache } from "./s3/s3-cache.ts";
export type { S3CacheOptions, S3Credentials } from "./s3/options.ts";
export { credentialHelper, type CredentialHelperOptions } from "./credential-helper.ts";
export { remoteRunner } from "./execution/remote-runner.ts";
export type { FallbackCause, RemoteRunnerOptions } from "./execution/options.ts";
