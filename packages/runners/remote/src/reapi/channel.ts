/**
 * Channels of `@grpc/grpc-js`: how it is set up for much data over long ways.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

import type * as grpcModule from "@grpc/grpc-js";
import type { ChannelCredentials, Client, ClientOptions } from "@grpc/grpc-js";

import type { ConnectionOptions, TlsOptions } from "./connection-options.ts";
import type { Endpoint } from "./endpoint.ts";
import { certificateUnreadable } from "./errors.ts";
import { toolVersion } from "./tool-version.ts";

/**
 * Bytes that may be under way to us. Node's own default caps downloads at 2 MiB/s over a round trip of 20 ms; this at
 * 400 MiB/s.
 */
const windowBytes = 8 * 2 ** 20;

/** Batches of blobs are larger than the 4 MiB that gRPC allows unless it is told. */
const largestMessage = 64 * 2 ** 20;

/** `@grpc/grpc-js`. It takes 30 ms to load, so only who calls a service does. */
export type Grpc = typeof grpcModule;

/** Clients of an endpoint, each with a connection of its own. Nothing connects yet. */
export async function openChannels(
  grpc: Grpc,
  endpoint: Endpoint,
  { tls = {}, connections = 1 }: ConnectionOptions,
): Promise<[Client, ...Client[]]> {
  const credentials = await credentialsOf(grpc, endpoint, tls);
  const options = channelOptions(endpoint, tls);
  const open = (): Client => new grpc.Client(endpoint.target, credentials, options);
  return [open(), ...Array.from({ length: connections - 1 }, open)];
}

function channelOptions({ isLocal }: Endpoint, { serverName }: TlsOptions): ClientOptions {
  return {
    "grpc-node.flow_control_window": windowBytes,
    "grpc.max_receive_message_length": largestMessage,
    "grpc.max_send_message_length": -1,
    // A connection that is dead without a word is found out within a minute and a half, if anybody waits for it.
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 20_000,
    // Whether a call is made again is decided above, where it is known what it may cost.
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 5000,
    // Connections are not shared: each is configured, and closed, for itself.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.primary_user_agent": `ashlar/${toolVersion}`,
    ...(isLocal && { "grpc.enable_http_proxy": 0 }),
    ...(serverName !== undefined && {
      "grpc.ssl_target_name_override": serverName,
      "grpc.default_authority": serverName,
    }),
  };
}

async function credentialsOf(
  { credentials }: Grpc,
  endpoint: Endpoint,
  tls: TlsOptions,
): Promise<ChannelCredentials> {
  if (!endpoint.isSecure) return credentials.createInsecure();
  const [ca, key, cert] = await Promise.all([
    pem("ca", tls.ca, endpoint),
    pem("key", tls.key, endpoint),
    pem("cert", tls.cert, endpoint),
  ]);
  try {
    // What is no certificate is otherwise passed over without a word, and nobody is trusted.
    for (const each of [ca, cert]) void (each && new X509Certificate(each));
    return credentials.createSsl(ca, key, cert);
  } catch (error) {
    throw certificateUnreadable(endpoint.name, "ca, cert, key", (error as Error).message);
  }
}

async function pem(
  option: string,
  value: string | Uint8Array | undefined,
  { name }: Endpoint,
): Promise<Buffer | null> {
  if (value === undefined) return null;
  if (typeof value !== "string") return Buffer.from(value);
  if (value.includes("-----BEGIN ")) return Buffer.from(value);
  try {
    return await readFile(value);
  } catch (error) {
    throw certificateUnreadable(name, option, (error as Error).message);
  }
}
