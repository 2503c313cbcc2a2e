/**
 * Registries: where the packed crates of a `Cargo.lock` are downloaded.
 *
 * A lock file names a registry by its index. The index would say where crates are, but it is no pinned
 * input; so crates.io is known here, and of others the workspace says it.
 *
 * @module
 */
import { CRATES_IO } from "./programs/source-replacement.ts";

/** A place to download crates from. */
export interface Registry {
  /**
   * URL of its index, as in `.cargo/config.toml`: `sparse+https://…/` or `https://…`. For a mirror of
   * crates.io, `crates-io`.
   */
  readonly index: string;
  /**
   * URL of a crate: the `dl` of the index's `config.json`, or several, tried in order. `{crate}`, `{version}`,
   * `{prefix}`, `{lowerprefix}` and `{sha256-checksum}` are filled in; without any of them,
   * `/{crate}/{version}/download` is appended, as cargo does.
   */
  readonly dl: string | readonly string[];
}

/** A crate to download. */
export interface PackedCrate {
  readonly name: string;
  readonly version: string;
  /** SHA-256, in hex. */
  readonly checksum: string;
}

const cratesIo: Registry = { index: "crates-io", dl: "https://static.crates.io/crates" };

/** The registry of a lock file's `source`; `undefined` when nobody has said where its crates are. */
export function registryOf(source: string, registries: readonly Registry[]): Registry | undefined {
  const wanted = indexUrl(source);
  return [...registries, cratesIo].find(({ index }) => indexUrl(index) === wanted);
}

/** The addresses of a crate, in the order in which they are tried. */
export function downloadUrls({ dl }: Registry, crate: PackedCrate): readonly string[] {
  const templates = typeof dl === "string" ? [dl] : dl;
  return templates.map((template) => fillIn(template, crate));
}

/** The same registry is spelled in several ways. */
function indexUrl(index: string): string {
  if (["crates-io", CRATES_IO, "sparse+https://index.crates.io/"].includes(index)) return CRATES_IO;
  return index.replace(/^registry\+/, "");
}

function fillIn(template: string, { name, version, checksum }: PackedCrate): string {
  const values: Readonly<Record<string, string>> = {
    "{crate}": name,
    "{version}": version,
    "{prefix}": prefixOf(name),
    "{lowerprefix}": prefixOf(name.toLowerCase()),
    "{sha256-checksum}": checksum,
  };
  const markers = /\{(?:crate|version|prefix|lowerprefix|sha256-checksum)\}/g;
  const whole =
    template.search(markers) === -1 ? `${template}/{crate}/{version}/download` : template;
  return whole.replaceAll(markers, (marker) => values[marker] ?? marker);
}

/** The folder of a crate in an index: `1`, `2`, `3/a`, `ab/cd`. */
function prefixOf(name: string): string {
  if (name.length <= 2) return String(name.length);
  return name.length === 3 ? `3/${name[0] ?? ""}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}
