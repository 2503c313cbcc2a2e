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

/** What is wrong with an encrypted connection. */
export type TlsFault = "authority" | "name" | "ours" | "plain" | "time";

/** A service and we do not trust each other. */
export function tlsFailed(name: string, fault: TlsFault, reason: string): BuildError {
  const hints: Readonly<Record<TlsFault, string>> = {
    authority: "name the authority that signed its certificate: `tls: { ca: … }`",
    name: "its certificate is made out for another name: correct the address, or give `tls: { serverName: … }`",
    ours: "it asks for a certificate of ours: `tls: { cert: …, key: … }`",
    plain: "it does not speak TLS: begin its address with `grpc://`",
    time: "its certificate is not valid today: have it renewed, or set this machine's clock",
  };
  return new BuildError({
    code: "REMOTE_TLS",
    message: `no encrypted connection to \`${name}\` can be made`,
    facts: { reason },
    hint: hints[fault],
  });
}

/** A service has no such instance. */
export function instanceUnknown(name: string, instance: string, said: string): BuildError {
  return new BuildError({
    code: "REMOTE_INSTANCE",
    message:
      instance === ""
        ? `\`${name}\` wants the name of an instance`
        : `\`${name}\` has no instance \`${instance}\``,
    facts: { "it said": said },
    hint: "put the name behind the address, as in `grpcs://cache.example/main`; whoever runs the service knows it",
  });
}

/** A service answers one call as none should that can be of use. Others may go well. */
export function callUnfit(name: string, doing: string, said: string, cause?: unknown): BuildError {
  return new BuildError({
    code: "REMOTE_UNFIT",
    message: `\`${name}\` does not let us ${doing}`,
    facts: { "it said": said },
    hint: "it is up to the service: see its log, and its limits",
    ...(cause !== undefined && { cause }),
  });
}

/** A service names content by something else than we do. */
export function digestFunctionUnfit(name: string, functions: readonly string[]): BuildError {
  return new BuildError({
    code: "REMOTE_UNFIT",
    message: `\`${name}\` does not name content by SHA-256`,
    facts: { "it has": functions.join(", ") || "nothing" },
    hint: "have it configured with SHA256, which every service has",
  });
}

/** A service speaks another version of the API. */
export function apiVersionUnfit(name: string, low: string, high: string): BuildError {
  return new BuildError({
    code: "REMOTE_UNFIT",
    message: `\`${name}\` does not speak version 2 of the Remote Execution API`,
    facts: { "it has": low === high ? low : `${low} to ${high}` },
    hint: "have it updated",
  });
}

/** A service has no part that we need. */
export function partMissing(name: string, part: "cache" | "execution"): BuildError {
  const what = { cache: "is no cache", execution: "executes nothing" };
  return new BuildError({
    code: "REMOTE_UNFIT",
    message: `\`${name}\` ${what[part]}`,
    facts: { reason: "it says so of itself" },
    hint: "a cluster may have one address for its cache, and another that executes",
  });
}
