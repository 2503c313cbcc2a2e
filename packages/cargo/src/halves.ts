/**
 * Halves: the two target directories that dependencies are built in, side by side.
 *
 * Cargo compiles a crate once to check code that uses it, and once more to link it; the two share build
 * scripts and macros, and nothing else. So they are stages of their own, and each command starts from the
 * one that it needs: nobody waits for, or even builds, what nothing uses.
 *
 *     deps-check ──▶ check, clippy, doc          deps ──▶ build, test, package, coverage
 *
 * What a command leaves is one half, and the other is as it was. So a chain of commands may change sides,
 * and finds the dependencies there.
 *
 * @module
 */
import { merge, type Tree } from "@ashlar/core";

import type { CargoArtifacts } from "./options.ts";

/** Whether a command needs of a crate what it takes to check, or to link. */
export type Side = "check" | "link";

/** A target directory for each kind of command. */
export type Halves = Readonly<Record<Side, Tree>>;

/** Where the halves of what commands leave come from. */
export class Lineage {
  readonly #halves = new WeakMap<object, Halves>();

  /** Remembers the halves of an artifact that this workspace has given out. */
  remember(artifacts: object, halves: Halves): void {
    this.#halves.set(artifacts, halves);
  }

  /** The halves of what a command is told to start from: of a stranger, all of it twice. */
  halvesOf(artifacts: CargoArtifacts): Halves {
    const target = "target" in artifacts ? artifacts.target : artifacts;
    return (
      this.#halves.get(artifacts) ?? this.#halves.get(target) ?? { check: target, link: target }
    );
  }
}

/** Both halves in one directory. What they share is equal, but for the marker that names its makers. */
export function whole({ check, link }: Halves): Tree {
  return check === link ? check : merge([check, link], { onConflict: "last" }).as("target");
}

/** The halves after a command on one side has left `target`. */
export function replaceHalf(before: Halves, side: Side, target: Tree): Halves {
  const other = side === "check" ? "link" : "check";
  const both = merge([before[other], target], { onConflict: "last" }).as("target");
  return side === "check" ? { check: target, link: both } : { check: both, link: target };
}
