/**
 * Certificates and passwords, as a real service asks for them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { digestBytes, renderError, type BuildError } from "@ashlar/core";
import { expect, onTestFinished, test } from "vitest";

import { credentialHelper } from "../../src/credential-helper.ts";
import { remoteCache, type RemoteCacheOptions } from "../../src/reapi/reapi-cache.ts";
import { unhurried } from "../remote-cache-contract.ts";
import { startBazelRemote, withServer } from "../servers.ts";
import { Authority, hasOpenssl } from "./certificates.ts";

const key = digestBytes(Buffer.from("an action"));
const blob = Buffer.from("a blob");
const password = "hunter22hunter22";
const basic = `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;

withServer("bazel-remote", "security", () => {
  test.skipIf(!hasOpenssl)("both sides show certificates (openssl)", async () => {
    using authority = new Authority();
    const folder = newFolder();
    const { cert, key: own } = authority.sign("DNS:localhost,IP:127.0.0.1");
    fs.writeFileSync(join(folder, "cert.pem"), cert);
    fs.writeFileSync(join(folder, "key.pem"), own);
    await using server = await startBazelRemote([
      ...["--tls_cert_file", join(folder, "cert.pem"), "--tls_key_file", join(folder, "key.pem")],
      ...["--tls_ca_file", authority.path],
    ]);
    const address = `grpcs://localhost:${server.port}`;
    const ca = authority.pem;
    expect(await outcome(address, { tls: { ca, ...authority.sign("DNS:me") } })).toBe("a miss");
    expect(await outcome(address, { tls: { ca } })).toContain("could not verify peer certificate");
    expect(await outcome(address, {})).toContain("tls: { ca: … }");
    expect(await outcome(server.endpoint, {})).toContain("begins with `grpcs://`");
  });

  test("who has no password is refused", async () => {
    await using server = await startBazelRemote(["--htpasswd_file", passwords()]);
    const headers = { authorization: basic };
    expect(await outcome(server.endpoint, { headers })).toBe("a miss");
    const text = await outcome(server.endpoint, {});
    expect(text).toContain("error[REMOTE_REFUSED]");
    const wrong = { authorization: basic.replace(/.{6}$/, "Wrong=") };
    const refused = await outcome(server.endpoint, { headers: wrong });
    expect(refused).toContain("error[REMOTE_REFUSED]");
    expect(refused).not.toContain(wrong.authorization.slice(6));
  });

  test("what a helper gave and is refused is got anew", async () => {
    await using server = await startBazelRemote(["--htpasswd_file", passwords()]);
    const place = join(newFolder(), "helper");
    const answer = (authorization: string): string =>
      JSON.stringify({ headers: { Authorization: [authorization] } });
    const old = answer(basic.replace(/.{6}$/, "Wrong="));
    // It has the new one as soon as it is asked a second time.
    const script = `#!/bin/sh
if test -e ${place}.asked; then printf '%s' '${answer(basic)}'; else printf '%s' '${old}'; fi
echo >> ${place}.asked
`;
    fs.writeFileSync(place, script, { mode: 0o755 });
    const headerSource = credentialHelper(place);
    expect(await outcome(server.endpoint, { headerSource })).toBe("a miss");
    expect(fs.readFileSync(`${place}.asked`, "utf8")).toBe("\n\n");
  });

  test("who has no password may read, and not write", async () => {
    await using server = await startBazelRemote([
      ...["--htpasswd_file", passwords(), "--allow_unauthenticated_reads"],
    ]);
    expect(await outcome(server.endpoint, {})).toBe("a miss");
    await using cache = remoteCache(server.endpoint);
    const writing = cache.writeAll(new Map([[digestBytes(blob), blob]]), unhurried);
    await expect(writing).rejects.toMatchObject({ code: "REMOTE_REFUSED" });
  });
});

/** `me`, in the file of `htpasswd -s`. */
function passwords(): string {
  const path = join(newFolder(), "passwords");
  const hash = createHash("sha1").update(password).digest("base64");
  fs.writeFileSync(path, `me:{SHA}${hash}\n`);
  return path;
}

function newFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-security-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

/** What comes of a look-up, or the error as a person reads it. */
async function outcome(address: string, options: RemoteCacheOptions): Promise<string> {
  await using cache = remoteCache(address, options);
  try {
    const result = await cache.getResult(key, unhurried);
    return result === undefined ? "a miss" : "a hit";
  } catch (error) {
    return renderError(error as BuildError);
  }
}
