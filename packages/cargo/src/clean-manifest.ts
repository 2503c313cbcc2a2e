/**
 * Cleaning manifests: what is left of a `Cargo.toml` when only dependencies are to be built.
 *
 * Stages do this by themselves, and better, for they know what cargo has found out ({@link CargoWorkspace.mkDummySrc}). This is
 * for those who write sources of their own.
 *
 * @module
 */
import { readManifest, type ManifestPlace } from "./manifest-place.ts";
import { asTable, type Table } from "./programs/table.ts";

/** Whether what is at a path of keys stays: `["package", "name"]`, and `["bin", "path"]` of each `[[bin]]`. */
export type CargoTomlFilter = (path: readonly string[], value: unknown) => boolean;

const TARGETS = ["lib", "bin", "example", "test", "bench"];

/** Notes for people and registries, and switches that a stub does not need. */
const NOTES = new Set(
  (
    "authors autobenches autobins autoexamples autotests build categories default-run description " +
    "documentation exclude homepage include keywords license license-file links metadata publish readme " +
    "repository rust-version"
  ).split(" "),
);

const SWITCHES = new Set("test doctest bench doc plugin required-features".split(" "));

const ALLOWED_TOP = new Set(
  (
    "bench bin build-dependencies cargo-features dependencies dev-dependencies example features lib package " +
    "patch profile replace target test workspace"
  ).split(" "),
);
const ALLOWED: Readonly<Record<string, ReadonlySet<string>>> = {
  package: new Set("edition name resolver version workspace".split(" ")),
  workspace: new Set("default-members dependencies exclude members package resolver".split(" ")),
  ...Object.fromEntries(
    TARGETS.map((name) => [
      name,
      new Set("crate-type edition harness name path proc-macro".split(" ")),
    ]),
  ),
};

/** Drops what is known to have no part in dependencies, and keeps what is unknown. */
const cargoTomlConservative: CargoTomlFilter = (path) => {
  const [top = "", second, third] = path.map(plain);
  if (["badges", "lints"].includes(top)) return false;
  if (second === undefined || third !== undefined) return true;
  if (top === "workspace") return second !== "lints" && second !== "metadata";
  if (top === "package") return !NOTES.has(second);
  return !(TARGETS.includes(top) && SWITCHES.has(second));
};

/** Keeps what is known to have a part in dependencies, and drops what is unknown. */
const cargoTomlAggressive: CargoTomlFilter = (path) => {
  const [top = "", second, third] = path.map(plain);
  if (!ALLOWED_TOP.has(top)) return false;
  if (second === undefined || third !== undefined) return true;
  return ALLOWED[top]?.has(second) ?? true;
};

/** What `cleanCargoToml` can go by. */
export const filters: {
  readonly cargoTomlConservative: CargoTomlFilter;
  readonly cargoTomlAggressive: CargoTomlFilter;
  /** The conservative one. */
  readonly cargoTomlDefault: CargoTomlFilter;
} = Object.freeze({
  cargoTomlConservative,
  cargoTomlAggressive,
  cargoTomlDefault: cargoTomlConservative,
});

/**
 * A `Cargo.toml` as data, without what a filter drops. The manifest is read when this is called.
 *
 * @param filter - @defaultValue `filters.cargoTomlDefault`
 */
export function cleanCargoToml(
  place: ManifestPlace,
  filter: CargoTomlFilter = filters.cargoTomlDefault,
): Readonly<Record<string, unknown>> {
  return cleanTable(readManifest(place), [], filter);
}

function cleanTable(fields: Table, path: readonly string[], filter: CargoTomlFilter): Table {
  const kept = Object.entries(fields).flatMap(([key, value]) => {
    const inner = [...path, key];
    return filter(inner, value) ? [[key, cleanValue(value, inner, filter)] as const] : [];
  });
  return Object.fromEntries(kept);
}

/** Items of a list have the path of their list. */
function cleanValue(value: unknown, path: readonly string[], filter: CargoTomlFilter): unknown {
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, path, filter));
  const fields = asTable(value);
  return fields === undefined ? value : cleanTable(fields, path, filter);
}

/** Keys have two spellings. */
function plain(key: string): string {
  return key.replaceAll("_", "-");
}
