/**
 * Addresses of services, good and bad.
 *
 * @module
 */
import { renderError, type BuildError } from "@ashlar/core";
import { expect, test } from "vitest";

import { connect } from "../../src/reapi/connect.ts";
import { parseEndpoint } from "../../src/reapi/endpoint.ts";

test.each([
  ["grpc://cache.example:8980", "dns:cache.example:8980", ""],
  ["grpc://cache.example:80/main", "dns:cache.example:80", "main"],
  ["grpc://cache.example:8980/main/linux", "dns:cache.example:8980", "main/linux"],
  ["grpcs://cache.example", "dns:cache.example:443", ""],
  ["grpcs://cache.example:8980/", "dns:cache.example:8980", ""],
  ["grpc://[::1]:8980", "dns:[::1]:8980", ""],
  ["unix:/run/cache.sock", "unix:/run/cache.sock", ""],
  ["unix:///run/cache.sock", "unix:/run/cache.sock", ""],
])("%s", (address, target, instance) => {
  expect(parseEndpoint(address)).toMatchObject({ target, instance });
  expect(parseEndpoint(address, "other").instance).toBe("other");
});

test("names are for people", () => {
  expect(parseEndpoint("grpcs://cache.example/main").name).toBe("grpcs://cache.example:443/main");
  expect(parseEndpoint("unix:/run/cache.sock").name).toBe("unix:/run/cache.sock");
});

test("only what is on this machine is local", () => {
  expect(parseEndpoint("grpc://127.0.0.1:1").isLocal).toBe(true);
  expect(parseEndpoint("grpc://localhost:1").isLocal).toBe(true);
  expect(parseEndpoint("unix:x").isLocal).toBe(true);
  expect(parseEndpoint("grpc://localhost.example:1").isLocal).toBe(false);
});

test.each([
  ["cache.example:8980", "begin it with"],
  ["https://cache.example", "begin it with"],
  ["grpc://", "an address is"],
  ["grpc://cache.example", "say which port"],
  ["grpc://cache.example:99999", "an address is"],
  ["grpcs://me:hunter22@cache.example", "`token`"],
  ["https://me:hunter22@cache.example", "begin it with"],
  ["grpcs://me:hunter22@[cache", "an address is"],
  ["grpcs://cache.example/main?key=hunter22", "take out"],
  ["https://cache.example/main?key=hunter22", "begin it with"],
  ["unix:", "an address is"],
  ["", "begin it with"],
])("%j is no address", (address, hint) => {
  const text = renderError(thrownBy(() => connect(address)));
  expect(text).toContain("error[REMOTE_ADDRESS]");
  expect(text).toContain(hint);
  expect(text).not.toContain("hunter22");
});

test.each([
  [{ headers: { "no spaces": "x" } }, "headers"],
  [{ headers: { "x-bytes-bin": "x" } }, "headers"],
  [{ headers: { "x-lines": "hunter22\nx" } }, 'headers["x-lines"]'],
  [{ token: "" }, "token"],
  [{ token: { env: "ASHLAR_TEST_UNSET" } }, "token"],
])("headers %j cannot be", (options, option) => {
  const error = thrownBy(() => connect("grpc://cache.example:1", options));
  expect(error).toMatchObject({ code: "INVALID_OPTION", facts: { option } });
  expect(renderError(error)).not.toContain("hunter22");
});

function thrownBy(work: () => unknown): BuildError {
  try {
    work();
  } catch (error) {
    return error as BuildError;
  }
  throw new Error("it should have thrown");
}
