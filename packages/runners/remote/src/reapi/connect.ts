/**
 * Connections: a transport to an endpoint, with the name of the instance that calls are about.
 *
 * @module
 */
import { CallHeaders } from "./call-headers.ts";
import { openChannels } from "./channel.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { parseEndpoint } from "./endpoint.ts";
import { GrpcTransport, type GrpcParts } from "./grpc-transport.ts";
import { RenewingTransport } from "./renewing-transport.ts";
import type { Transport } from "./transport.ts";

/** A service that can be called. */
export interface Connection {
  /** For people, without anything secret: `grpcs://cache.example:443/main`. */
  readonly name: string;
  /** Name of the instance in the service, for its messages; empty for the only one. */
  readonly instance: string;
  readonly transport: Transport;
}

/**
 * Makes a connection to a service. Nothing connects before the first call.
 *
 * @throws {@link BuildError} `REMOTE_ADDRESS` for an address that is none, `INVALID_OPTION` for a header that
 *   cannot be one.
 */
export function connect(address: string, options: ConnectionOptions = {}): Connection {
  const endpoint = parseEndpoint(address, options.instance);
  const open: GrpcParts["open"] = async () => {
    const grpc = await import("@grpc/grpc-js");
    return { grpc, clients: await openChannels(grpc, endpoint, options) };
  };
  const headers = new CallHeaders(endpoint, options);
  const grpc = new GrpcTransport({ name: endpoint.name, headers, open });
  const transport = options.headerSource ? new RenewingTransport(grpc, headers) : grpc;
  return { name: endpoint.name, instance: endpoint.instance, transport };
}
