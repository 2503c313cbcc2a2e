/**
 * The wording of errors about services of the Remote Execution API.
 *
 * What a service said comes in as it may be shown: without the values of headers.
 *
 * @module
 */
import { BuildError } from "@ashlar/core";

/** What is wrong with an address. */
export type AddressFault = "form" | "password" | "port" | "query" | "scheme";

/** An address says nothing that could be connected to. */
export function addressUnfit(address: string, fault: AddressFault): BuildError {
  const hints: Readonly<Record<AddressFault, string>> = {
    form: "an address is `grpcs://<host>[:<port>][/<instance>]`, `grpc://<host>:<port>[/<instance>]` or `unix:<path>`",
    password: "take the password out of it, and give it in `headers` or `token`",
    port: "say which port: without TLS there is no usual one",
    query: "take out what stands behind `?` or `#`; options are given beside the address",
    scheme: "begin it with `grpcs://` (TLS), `grpc://` (no encryption) or `unix:` (a socket)",
  };
  const messages: Readonly<Record<AddressFault, string>> = {
    form: `\`${address}\` is no address of a remote service`,
    password: `the address \`${address}\` of a remote service holds a password`,
    port: `the address \`${address}\` of a remote service names no port`,
    query: `the address \`${address}\` of a remote service has a query`,
    scheme: `the address \`${address}\` of a remote service does not say how to connect`,
  };
  return new BuildError({
    code: "REMOTE_ADDRESS",
    message: messages[fault],
    hint: hints[fault],
  });
}

/** A certificate or key of ours cannot be used. */
export function certificateUnreadable(name: string, option: string, reason: string): BuildError {
  return new BuildError({
    code: "REMOTE_TLS",
    message: `the certificates for \`${name}\` cannot be read`,
    facts: { option: `tls: ${option}`, reason },
    hint: "each is the path of a PEM file, or PEM itself; `cert` and `key` belong together",
  });
}
