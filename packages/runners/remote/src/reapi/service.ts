/**
 * Services: what one has said that it can do, as far as we care, and whether that is enough.
 *
 * @module
 */
import { batchLimit } from "./batches.ts";
import type { Calls } from "./calls.ts";
import { apiVersionUnfit, digestFunctionUnfit, partMissing } from "./errors.ts";
import {
  decodeCapabilities,
  encodeGetCapabilities,
  type ServerCapabilities,
} from "./messages/capabilities.ts";
import { compressors, digestFunctionNames, sha256 } from "./messages/enums.ts";
import { methods } from "./methods.ts";
import { RpcError } from "./transport.ts";
import { zstd } from "./zstd.ts";

/** What a service can do. */
export interface Service {
  /** Whether it takes results; and blobs, from those who bring results. */
  readonly canWrite: boolean;
  /** Most bytes of a batch of blobs. */
  readonly batchBytes: number;
  /** Most bytes of one blob. */
  readonly blobBytes: number;
  /** Whether it and we can compress: single blobs, and those in batches on their way to it. */
  readonly zstdStreams: boolean;
  readonly zstdBatches: boolean;
}

/** Of a service that does not say what it can do. Older ones do not. */
const silent: Service = {
  canWrite: true,
  batchBytes: batchLimit(0),
  blobBytes: Infinity,
  zstdStreams: false,
  zstdBatches: false,
};

/**
 * Asks a service what it can do.
 *
 * @param part - What it must be able to do.
 * @throws {@link BuildError} `REMOTE_UNFIT` when it is not, or names content by something else than SHA-256;
 *   `REMOTE_INSTANCE` when it does not know the instance; and as every call.
 */
export async function askService(
  calls: Calls,
  part: "cache" | "execution",
  signal: AbortSignal,
): Promise<Service> {
  const { name, instance } = calls.connection;
  const doing = "ask what it can do";
  try {
    const request = encodeGetCapabilities(instance);
    const answer = await calls.unary(methods.getCapabilities, request, { signal, doing });
    return serviceOf(decodeCapabilities(answer), part, name);
  } catch (error) {
    if (error instanceof RpcError && error.status === "UNIMPLEMENTED") return silent;
    throw calls.explain(error, { doing });
  }
}

function serviceOf(said: ServerCapabilities, part: "cache" | "execution", name: string): Service {
  checkVersion(said, name);
  const { cache, execution } = said;
  if (part === "cache" && cache === undefined) throw partMissing(name, "cache");
  if (part === "execution" && execution?.execEnabled !== true) throw partMissing(name, "execution");
  const functions = (part === "cache" ? cache : execution)?.digestFunctions ?? [];
  // One that names none has been the default before there was a choice.
  if (functions.length > 0 && !functions.includes(sha256)) {
    const names = functions.map((each) => digestFunctionNames[each] ?? `number ${each}`);
    throw digestFunctionUnfit(name, names);
  }
  const hasZstd = (list: readonly number[] = []): boolean =>
    zstd !== undefined && list.includes(compressors.zstd);
  return {
    canWrite: cache?.updateEnabled ?? false,
    batchBytes: batchLimit(cache?.maxBatchTotalSizeBytes ?? 0),
    blobBytes: (cache?.maxBlobSizeBytes ?? 0) > 0 ? (cache?.maxBlobSizeBytes ?? 0) : Infinity,
    zstdStreams: hasZstd(cache?.compressors),
    zstdBatches: hasZstd(cache?.batchUpdateCompressors),
  };
}

/** Services that say no version speak the one that everybody does. */
function checkVersion({ lowVersion, highVersion }: ServerCapabilities, name: string): void {
  if (lowVersion === undefined || highVersion === undefined) return;
  if (lowVersion.major === 0 && highVersion.major === 0) return;
  if (lowVersion.major <= 2 && highVersion.major >= 2) return;
  const shown = ({ major, minor }: typeof lowVersion): string => `${major}.${minor}`;
  throw apiVersionUnfit(name, shown(lowVersion), shown(highVersion));
}
