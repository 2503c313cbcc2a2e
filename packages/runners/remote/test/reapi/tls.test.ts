/**
 * Encrypted connections: those that are made, and what is said of those that are not.
 *
 * @module
 */
import { createServer, type AddressInfo } from "node:net";

import { renderError, type BuildError } from "@ashlar/core";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";

import type { TlsOptions } from "../../src/reapi/connection-options.ts";
import { remoteCache } from "../../src/reapi/reapi-cache.ts";
import { ReapiServer, type ServerTls } from "../../src/testing/index.ts";
import { unhurried } from "../remote-cache-contract.ts";
import { Authority, hasOpenssl } from "./certificates.ts";

const where = hasOpenssl ? "certificates" : "certificates (not here: openssl)";

describe.skipIf(!hasOpenssl)(where, () => {
  const authority = hasOpenssl ? new Authority() : undefined;
  afterAll(() => authority?.[Symbol.dispose]());

  async function serve(tls: ServerTls): Promise<string> {
    const server = await ReapiServer.start({ tls });
    onTestFinished(() => server.stop());
    return server.address;
  }

  const good = (): ServerTls => authority!.sign("DNS:localhost");

  test("a service whose authority is trusted is called", async () => {
    const address = await serve(good());
    expect(await outcome(address, { ca: authority!.pem })).toBe("can write");
    expect(await outcome(address, { ca: authority!.path })).toBe("can write");
  });

  test("a service of another name is called when that is expected", async () => {
    const address = await serve(authority!.sign("DNS:cache.internal"));
    const tls = { ca: authority!.pem, serverName: "cache.internal" };
    expect(await outcome(address, tls)).toBe("can write");
  });

  test("a service that asks for a certificate gets it", async () => {
    const address = await serve({ ...good(), clientCa: authority!.pem });
    const ours = authority!.sign("DNS:me");
    expect(await outcome(address, { ca: authority!.pem, ...ours })).toBe("can write");
  });

  test("nobody knows the authority", async () => {
    const text = await outcome(await serve(good()), {});
    expect(text).toContain("error[REMOTE_TLS]: no encrypted connection");
    expect(text).toContain("tls: { ca: … }");
  });

  test("another authority has signed it", async () => {
    using other = new Authority();
    const text = await outcome(await serve(good()), { ca: other.pem });
    expect(text).toContain("error[REMOTE_TLS]");
    expect(text).toContain("tls: { ca: … }");
  });

  test("it is made out for another name", async () => {
    const address = await serve(authority!.sign("DNS:cache.internal"));
    const text = await outcome(address, { ca: authority!.pem });
    expect(text).toContain("error[REMOTE_TLS]");
    expect(text).toContain("serverName");
  });

  test("a certificate of ours is asked for, and there is none", async () => {
    const address = await serve({ ...good(), clientCa: authority!.pem });
    const text = await outcome(address, { ca: authority!.pem });
    expect(text).toContain("error[REMOTE_TLS]");
    expect(text).toContain("tls: { cert: …, key: … }");
  });

  test("a certificate and a key do not belong together", async () => {
    const { cert } = authority!.sign("DNS:me");
    const { key } = authority!.sign("DNS:me");
    const text = await outcome(await serve(good()), { ca: authority!.pem, cert, key });
    expect(text).toContain("error[REMOTE_TLS]: the certificates for");
    expect(text).not.toContain("PRIVATE KEY");
  });

  test("it speaks TLS, and we do not", async () => {
    const address = await serve(good());
    const text = await outcome(address.replace("grpcs://", "grpc://"), {});
    expect(text).toContain("error[REMOTE_UNAVAILABLE]");
    expect(text).toContain("`grpcs://`");
  });
});

test("a certificate is not there", async () => {
  const text = await outcome("grpcs://localhost:1", { ca: "/no/such/ca.pem" });
  expect(text).toContain("error[REMOTE_TLS]: the certificates for");
  expect(text).toContain("/no/such/ca.pem");
});

test("what should be a certificate is none", async () => {
  const text = await outcome("grpcs://localhost:1", { ca: "-----BEGIN CERTIFICATE-----\nx" });
  expect(text).toContain("error[REMOTE_TLS]: the certificates for");
});

test("it speaks no TLS, and we do", async () => {
  const server = await ReapiServer.start();
  onTestFinished(() => server.stop());
  const text = await outcome(`grpcs://localhost:${server.port}`, {});
  expect(text).toContain("error[REMOTE_TLS]");
  expect(text).toContain("begin its address with `grpc://`");
});

test("it speaks something else", async () => {
  const server = createServer((socket) => socket.end("220 mail.example ESMTP\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await outcome(`grpc://127.0.0.1:${port}`, {})).toContain("error[REMOTE_UNAVAILABLE]");
  expect(await outcome(`grpcs://localhost:${port}`, {})).toContain("error[REMOTE_TLS]");
});

/** What it can do, or the error as a person reads it. */
async function outcome(address: string, tls: TlsOptions): Promise<string> {
  await using cache = remoteCache(address, { tls });
  try {
    const { canWrite } = await cache.abilities(unhurried);
    return canWrite ? "can write" : "cannot write";
  } catch (error) {
    return renderError(error as BuildError);
  }
}
