/**
 * The toolchain that a workspace asks for in `rust-toolchain.toml` or `rust-toolchain`.
 *
 * Only rustup's stand-ins read that file, and stages start the real programs. So it cannot choose here;
 * but building with another compiler than the one asked for must not go unnoticed.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Failure } from "./failure.ts";
import { asString, asTable, parseToml } from "./table.ts";

/** The names of the file, the one that rustup prefers first. */
const names = ["rust-toolchain", "rust-toolchain.toml"];

/**
 * Compares what the workspace asks for with the compiler that is there.
 *
 * @param rustc - What `rustc -vV` printed.
 * @throws {@link Failure} when it asks for another one.
 */
export function checkToolchainFile(workspace: string, rustc: string): void {
  const name = names.find((each) => existsSync(join(workspace, each)));
  if (name === undefined) return;
  const text = readFileSync(join(workspace, name), "utf8");
  const channel = readChannel(text, name);
  const release = /^release: (\S+)/m.exec(rustc)?.[1] ?? "";
  if (channel === undefined || satisfies(release, channel)) return;
  throw new Failure(`\`${name}\` asks for the toolchain \`${channel}\`, and rustc is ${release}`, {
    hint: `pass \`toolchain: "${channel}"\` to \`cargo\`, or change the file`,
  });
}

/** The channel; `undefined` when the file names none, or a folder. */
export function readChannel(text: string, name: string): string | undefined {
  // The older form is the channel alone.
  if (!text.includes("[")) return text.trim() || undefined;
  return asString(asTable(parseToml(text, name)["toolchain"])?.["channel"]);
}

/** True when a release is of a channel. Of a name of the user's own nothing can be told. */
export function satisfies(release: string, channel: string): boolean {
  const [kind = ""] = channel.split("-");
  if (kind === "nightly" || kind === "beta") return release.includes(`-${kind}`);
  if (kind === "stable") return !release.includes("-");
  if (!/^\d+\.\d+(\.\d+)?$/.test(kind)) return true;
  return release === kind || release.startsWith(`${kind}.`);
}
