/**
 * Object storage as a cache: the contract on a real service, and what goes wrong with one.
 *
 * @module
 */
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";

import { BuildError, digestBytes, hashOf, renderError, type Digest } from "@ashlar/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { BucketCache } from "../../src/s3/bucket-cache.ts";
import { s3Cache } from "../../src/s3/s3-cache.ts";
import {
  opener,
  readFrom,
  remoteCacheContract,
  someBytes,
  unhurried,
} from "../remote-cache-contract.ts";
import { credentials, Gateway, gatewayProgram } from "./gateway.ts";

const where = gatewayProgram === undefined ? " (not here: scripts/s3-server.sh installs it)" : "";

describe.skipIf(gatewayProgram !== undefined)(`object storage, with a service${where}`, () => {
  test.skipIf(true)("all of it", () => expect.unreachable());
});

describe.runIf(gatewayProgram !== undefined)("object storage, with the Versity gateway", () => {
  let gateway: Gateway;
  let buckets = 0;
  beforeAll(async () => {
    gateway = await Gateway.start();
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  function newBucket(): string {
    const bucket = `cache-${++buckets}`;
    gateway.makeBucket(bucket);
    return bucket;
  }

  remoteCacheContract({
    makeBench: async () => {
      // One of its own, for some tests take it away.
      const own = await Gateway.start();
      own.makeBucket("cache");
      const options = own.options("cache");
      const drop = (half: string, digest: Digest): void => {
        const hash = hashOf(digest);
        fs.rmSync(own.pathOf("cache", `team/app/${half}/${hash.slice(0, 2)}/${hash}`));
      };
      const cache = s3Cache(options);
      return {
        cache,
        reach: () => s3Cache(options),
        dropBlob: (digest) => drop("cas", digest),
        dropResult: (key) => drop("ac", key),
        takeAway: async () => await own.stop(),
        [Symbol.asyncDispose]: async () => {
          await cache[Symbol.asyncDispose]();
          await own[Symbol.asyncDispose]();
        },
      };
    },
    secrets: Object.values(credentials),
    areResultsChecked: false,
  });

  test("large blobs go in parts, and are one object when all are there", async () => {
    const bucket = newBucket();
    const cache = s3Cache({ ...gateway.options(bucket), partBytes: 5 * 2 ** 20 });
    const bytes = someBytes(23_000_000);
    const digest = digestBytes(bytes);
    await cache.write(digest, opener(bytes, 300_000), unhurried);
    const read = await readFrom(cache, digest, 0);
    expect(read?.equals(bytes)).toBe(true);
    const rest = await readFrom(cache, digest, 22_999_990);
    expect(rest?.equals(bytes.subarray(22_999_990))).toBe(true);
    await cache[Symbol.asyncDispose]();
  });

  test("an upload in parts that fails leaves no parts behind", async () => {
    const bucket = newBucket();
    const cache = s3Cache({ ...gateway.options(bucket), partBytes: 5 * 2 ** 20 });
    const broken = async function* pieces(): AsyncGenerator<Buffer, void> {
      yield someBytes(11_000_000);
      await Promise.resolve();
      throw new Error("the disk is gone");
    };
    const digest = digestBytes(someBytes(20_000_000));
    await expect(cache.write(digest, broken, unhurried)).rejects.toThrow("the disk is gone");
    const left = fs
      .readdirSync(dirname(gateway.pathOf(bucket, "x")), { recursive: true, encoding: "utf8" })
      .filter((path) => fs.statSync(gateway.pathOf(bucket, path)).isFile());
    expect(left).toEqual([]);
    await cache[Symbol.asyncDispose]();
  });

  test("a bucket that is not there is said to be so", async () => {
    const cache = s3Cache(gateway.options("nobody-made-it"));
    const error = await cache
      .writeAll(new Map([[digestBytes(someBytes(3)), someBytes(3)]]), unhurried)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "REMOTE_UNFIT", hint: expect.stringContaining("bucket") });
    await cache[Symbol.asyncDispose]();
  });

  test("wrong credentials are refused, without a word of them", async () => {
    const wrong = { accessKeyId: "NOBODYKNOWSME", secretAccessKey: "nor-this-secret-0123" };
    const half = { ...credentials, secretAccessKey: "not-the-right-secret" };
    for (const each of [wrong, half]) {
      const cache = s3Cache({ ...gateway.options(newBucket()), credentials: each });
      const error = await cache
        .getResult(digestBytes(someBytes(3)), unhurried)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "REMOTE_REFUSED" });
      const said = renderError(error as BuildError);
      for (const secret of Object.values(each)) expect(said).not.toContain(secret);
      await cache[Symbol.asyncDispose]();
    }
  });

  test("a clock that is wrong is said to be wrong", async () => {
    const client = { systemClockOffset: 3 * 3_600_000 };
    const cache = s3Cache({ ...gateway.options(newBucket()), client });
    const error = await cache
      .getResult(digestBytes(someBytes(3)), unhurried)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "REMOTE_REFUSED" });
    expect((error as BuildError).facts["reason"]).toContain("the clock of this machine");
    await cache[Symbol.asyncDispose]();
  });
});

/** A service that answers all requests alike. */
async function answering(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const server: Server = createServer((_, response) => {
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so it is</Message></Error>`;
    response.writeHead(status, { "content-type": "application/xml", ...headers }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const any = digestBytes(Buffer.from("any"));

async function failure(endpoint: string): Promise<BuildError> {
  const cache = s3Cache({ bucket: "b", region: "us-east-1", endpoint, credentials });
  const error: unknown = await cache.getResult(any, unhurried).catch((thrown: unknown) => thrown);
  await cache[Symbol.asyncDispose]();
  expect(error).toBeInstanceOf(BuildError);
  return error as BuildError;
}

describe("what a service answers", () => {
  test.each([
    [503, "SlowDown", "REMOTE_UNAVAILABLE"],
    [500, "InternalError", "REMOTE_UNAVAILABLE"],
    [502, "BadGateway", "REMOTE_UNAVAILABLE"],
    [429, "TooManyRequests", "REMOTE_UNAVAILABLE"],
    [400, "RequestTimeout", "REMOTE_UNAVAILABLE"],
    [403, "AccessDenied", "REMOTE_REFUSED"],
    [403, "SignatureDoesNotMatch", "REMOTE_REFUSED"],
    [404, "NoSuchBucket", "REMOTE_UNFIT"],
    [301, "PermanentRedirect", "REMOTE_UNFIT"],
    [400, "AuthorizationHeaderMalformed", "REMOTE_UNFIT"],
  ])("%i %s is %s", async (status, code, expected) => {
    const error = await failure(await answering(status, code));
    expect([error.code, error.facts["reason"]]).toEqual([expected, expect.stringContaining(code)]);
  });

  test("a clock that differs is named, with both times", async () => {
    const date = "Sat, 01 Jan 2022 12:00:00 GMT";
    const endpoint = await answering(403, "RequestTimeTooSkewed", { date });
    const { code, message, facts } = await failure(endpoint);
    expect(code).toBe("REMOTE_REFUSED");
    expect(message).toBe("`s3://b` does not let us read");
    expect(facts["reason"]).toMatch(
      /^the clock of this machine differs too much .* here, and 2022-01-01T12:00:00.000Z there$/,
    );
  });

  test("nobody there is unavailable", async () => {
    const endpoint = await answering(200, "");
    const refused = endpoint.replace(/\d+$/, "1");
    expect((await failure(refused)).code).toBe("REMOTE_UNAVAILABLE");
  });
});

test("without the client's package, it is said which one is missing", async () => {
  const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  const cache = new BucketCache({ bucket: "b" }, async () => await Promise.reject(missing));
  const error = await cache.abilities(unhurried).catch((thrown: unknown) => thrown);
  expect(renderError(error as BuildError)).toMatchInlineSnapshot(`
    "error[REMOTE_UNFIT]: \`s3://b\` is not of use to us

      reason  the package \`@aws-sdk/client-s3\` is not installed

    hint: \`npm install @aws-sdk/client-s3\`"
  `);
});

test("options that make no sense are refused at once", () => {
  for (const options of [
    { bucket: "" },
    { bucket: "s3://b" },
    { bucket: "b", concurrency: 0 },
    { bucket: "b", endpoint: "localhost" },
  ]) {
    expect(() => s3Cache(options)).toThrow(BuildError);
  }
});
