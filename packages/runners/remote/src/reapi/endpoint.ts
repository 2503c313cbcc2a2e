/**
 * Endpoints: where a service is, as a user writes it down.
 *
 *     grpc://<host>:<port>[/<instance>]      without encryption
 *     grpcs://<host>[:443][/<instance>]      TLS
 *     unix:<path>                            a socket of this machine
 *
 * @module
 */
import { addressUnfit } from "./errors.ts";

/** An address that was understood. */
export interface Endpoint {
  /** For people, and in every message: the address without anything secret. */
  readonly name: string;
  /** What gRPC connects to. */
  readonly target: string;
  /** Empty for a socket. */
  readonly host: string;
  readonly isSecure: boolean;
  /** Whether it is on this machine, so that no proxy is to be asked. */
  readonly isLocal: boolean;
  /** Name of the instance in the service; empty for the only one. */
  readonly instance: string;
}

const localHosts = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Reads an address.
 *
 * @param instance - Instead of the one in the address, where there is none.
 * @throws {@link BuildError} `REMOTE_ADDRESS` when it is none.
 */
export function parseEndpoint(address: string, instance?: string): Endpoint {
  if (address.startsWith("unix:")) return socketAt(address, instance ?? "");
  const scheme = /^(grpcs?):\/\//.exec(address)?.[1];
  if (scheme === undefined) throw addressUnfit(withoutSecrets(address), "scheme");
  // The parser knows ports and brackets of `http`, and nothing of `grpc`.
  const url = parse(address);
  if (url === undefined) throw addressUnfit(withoutSecrets(address), "form");
  if (url.username !== "" || url.password !== "") throw addressUnfit(`${scheme}://…`, "password");
  if (url.search !== "" || url.hash !== "") throw addressUnfit(withoutSecrets(address), "query");
  const isSecure = scheme === "grpcs";
  const port = portOf(address, url) ?? (isSecure ? "443" : undefined);
  if (port === undefined) throw addressUnfit(address, "port");
  const written = decodeURIComponent(url.pathname).replace(/^\/|\/$/g, "");
  const named = instance ?? written;
  const host = `${url.hostname}:${port}`;
  return {
    name: `${scheme}://${host}${named === "" ? "" : `/${named}`}`,
    target: `dns:${host}`,
    host: url.hostname,
    isSecure,
    isLocal: localHosts.test(url.hostname),
    instance: named,
  };
}

function socketAt(address: string, instance: string): Endpoint {
  const path = address.replace(/^unix:(?:\/\/)?/, "");
  if (path === "") throw addressUnfit(address, "form");
  const name = `unix:${path}`;
  return { name, target: name, host: "", isSecure: false, isLocal: true, instance };
}

function parse(address: string): URL | undefined {
  try {
    return new URL(address.replace(/^grpcs?/, "http"));
  } catch {
    return undefined;
  }
}

/** As it was written: the parser drops port 80. */
function portOf(address: string, url: URL): string | undefined {
  return url.port === "" ? /^[a-z]+:\/\/[^/]*:(\d+)/.exec(address)?.[1] : url.port;
}

/** An address that is not understood may hold a password where we would not look for it. */
function withoutSecrets(address: string): string {
  return address.replace(/\/\/[^/]*@/, "//…@").replace(/[?#].*$/s, "?…");
}
