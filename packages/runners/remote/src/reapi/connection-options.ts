/**
 * Options of a connection: what it shows of itself, and whom it trusts.
 *
 * @module
 */

/** A value, or the name of the environment variable that holds it. */
export type HeaderValue = string | { readonly env: string };

/** Certificates and keys. Each is the path of a PEM file, or PEM itself. */
export interface TlsOptions {
  /** Whom to trust instead of the authorities that Node knows. */
  readonly ca?: string | Uint8Array;
  /** Ours, for services that ask for one; with its `key`. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** Name that the service's certificate must have, if that is not the host's. */
  readonly serverName?: string;
}

/**
 * Gives headers for calls, each time anew: a credential helper. It may keep what it gave.
 *
 * @param refused - What it gave, if the service does not take that: it should give something else now.
 */
export type HeaderSource = (
  address: string,
  signal: AbortSignal,
  refused?: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, string>>>;

/** How to connect to a service. */
export interface ConnectionOptions {
  /** Name of the instance in the service. @defaultValue the path of the address */
  readonly instance?: string;
  /** For `grpcs://`. @defaultValue the authorities that Node knows, and no certificate of ours */
  readonly tls?: TlsOptions;
  /** Sent as `authorization: Bearer <token>`. Without TLS, who listens can read it. */
  readonly token?: HeaderValue;
  /** Sent with every call. Their values are in no message. */
  readonly headers?: Readonly<Record<string, HeaderValue>>;
  /** Asked for further headers before every call. */
  readonly headerSource?: HeaderSource;
  /** How many connections calls are spread over. @defaultValue 1 */
  readonly connections?: number;
}
