import { expect, test } from "vitest";

import { downloadUrls, registryOf } from "../src/registries.ts";

const crate = { name: "Serde_Json", version: "1.0.1", checksum: "ab" };

test.each([
  ["https://a.example/crates", ["https://a.example/crates/Serde_Json/1.0.1/download"]],
  [
    "https://a.example/{prefix}/{lowerprefix}/{crate}-{version}?{sha256-checksum}",
    ["https://a.example/Se/rd/se/rd/Serde_Json-1.0.1?ab"],
  ],
  [
    ["https://a.example/{crate}", "https://b.example/{crate}"],
    ["https://a.example/Serde_Json", "https://b.example/Serde_Json"],
  ],
])("the addresses of %j", (dl, urls) => {
  expect(downloadUrls({ index: "crates-io", dl }, crate)).toEqual(urls);
});

test.each([
  ["a", "1"],
  ["ab", "2"],
  ["abc", "3/a"],
  ["abcd", "ab/cd"],
])("%s lies in %s", (name, prefix) => {
  const [url] = downloadUrls({ index: "x", dl: "https://x/{prefix}" }, { ...crate, name });
  expect(url).toBe(`https://x/${prefix}`);
});

test("a registry is found under each of its names, and a mirror comes before crates.io", () => {
  const mirror = { index: "sparse+https://index.crates.io/", dl: "https://mirror.example" };
  const own = { index: "https://own.example/index", dl: "https://own.example" };
  const cratesIo = "registry+https://github.com/rust-lang/crates.io-index";
  expect(registryOf(cratesIo, [own, mirror])).toBe(mirror);
  expect(registryOf(cratesIo, [own])?.dl).toBe("https://static.crates.io/crates");
  expect(registryOf("registry+https://own.example/index", [own])).toBe(own);
  expect(registryOf("registry+https://other.example/index", [own])).toBeUndefined();
});
