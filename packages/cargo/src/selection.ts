/**
 * Selections as cargo is told of them: arguments, and one variable.
 *
 * @module
 */
import type { Selection } from "./options.ts";

/** A selection as part of a command. */
export interface SelectionWords {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Lays overrides over a selection. What is `undefined` in them does not count. */
export function override(base: Selection, overrides: Selection): Selection {
  return Object.freeze({ ...pick(base), ...pick(overrides) });
}

/** Renders a selection. Equal ones give equal words. */
export function selectionWords(selection: Selection): SelectionWords {
  const { profile = "release", features = [], packages = [], target, rustflags } = selection;
  const flags = [
    ...profileFlags(profile),
    ...(features.length === 0 ? [] : ["--features", features.join(",")]),
    ...(selection.allFeatures === true ? ["--all-features"] : []),
    ...(selection.noDefaultFeatures === true ? ["--no-default-features"] : []),
    ...packages.flatMap((name) => ["--package", name]),
    ...(target === undefined ? [] : ["--target", target]),
  ];
  // The only form in which flags may hold spaces.
  const env = rustflags && { CARGO_ENCODED_RUSTFLAGS: rustflags.join("\u001F") };
  return { flags, env: env ?? {} };
}

/** `release` and `dev` have flags of their own. */
function profileFlags(profile: string): readonly string[] {
  if (profile === "dev") return [];
  return profile === "release" ? ["--release"] : ["--profile", profile];
}

function pick(options: Selection): Selection {
  const { profile, features, allFeatures, noDefaultFeatures, target, rustflags, packages } =
    options;
  const all = { profile, features, allFeatures, noDefaultFeatures, target, rustflags, packages };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
