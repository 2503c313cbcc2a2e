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
