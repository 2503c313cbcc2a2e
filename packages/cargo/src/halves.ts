/**
 * Halves: the two target directories that dependencies are built in.
 *
 * Cargo compiles a crate once to check code that uses it, and once more to link it; the two share build
 * scripts and macros, and nothing else. So they are stages of their own, and each command starts from the
 * one that it needs. Checks come behind, for they take the least that is not there already.
 *
 *     deps ──▶ build, test, package, coverage
 *      └─(scripts, macros)──▶ deps-check ──▶ check, clippy, doc
 *
 * What a command leaves is one half, and the other is as it was. So a chain of commands may change sides,
 * and finds the dependencies there.
 *
 * @module
 */
import { counterparts, merge, type Tree } from "@ashlar/core";

import type { CargoArtifacts } from "./options.ts";

/** Whether a command needs of a crate what it takes to check, or to link. */
export type Side = "check" | "link";

/** A target directory in two parts, so that what is large and does not change need not be copied. */
export interface Layered {
  /** What a command starts from and may not change; absent when all of it may be changed. */
  readonly deps: Tree | undefined;
  /** What lies over it; absent when that is nothing. */
  readonly own: Tree | undefined;
}

/** A target directory for each kind of command. */
export type Halves = Readonly<Record<Side, Layered>>;

/** Where the halves of what commands leave come from. */
export class Lineage {
  readonly #halves = new WeakMap<object, Halves>();
  /** What was given out, for what is a copy of it. */
  readonly #known: { readonly target: Tree; readonly halves: Halves }[] = [];

  /** Remembers the halves of an artifact that this workspace has given out. */
  remember(artifacts: { readonly target: Tree }, halves: Halves): void {
    const { target } = artifacts;
    for (const each of [artifacts, target]) this.#halves.set(each, halves);
    this.#known.push({ target, halves });
  }

  /** The halves of what a command is told to start from: of a stranger, all of it twice. */
  halvesOf(artifacts: CargoArtifacts): Halves {
    const target = "target" in artifacts ? artifacts.target : artifacts;
    const known = this.#halves.get(artifacts) ?? this.#halves.get(target) ?? this.#ofCopy(target);
    const halves = known ?? twice({ deps: undefined, own: target });
    this.#halves.set(target, halves);
    return halves;
  }

  /** The halves of a copy, such as a `seq` makes, over the same copies: who starts from them has its order. */
  #ofCopy(target: Tree): Halves | undefined {
    for (const known of this.#known) {
      const counterpart = counterparts(known.target, target);
      if (counterpart === undefined) continue;
      const { check, link } = known.halves;
      const copy = ({ deps, own }: Layered): Layered => ({
        deps: deps && counterpart(deps),
        own: own && counterpart(own),
      });
      return { check: copy(check), link: copy(link) };
    }
    return undefined;
  }
}

/** All of a target directory. */
export function whole({ deps, own }: Layered): Tree {
  return laid(deps, own) as Tree;
}

/** Both halves in one directory. What they share is equal, but for the marker that names its makers. */
export function bothHalves({ check, link }: Halves): Tree {
  return laid(whole(check), whole(link)) as Tree;
}

/** The halves after a command on one side has left `own`. */
export function replaceHalf(before: Halves, side: Side, own: Tree): Halves {
  const other = side === "check" ? "link" : "check";
  const { deps: otherDeps, own: otherOwn } = before[other];
  const here = { deps: before[side].deps, own };
  const there = { deps: otherDeps, own: laid(otherOwn, own) };
  return side === "check" ? { check: here, link: there } : { check: there, link: here };
}

function twice(layered: Layered): Halves {
  return { check: layered, link: layered };
}

function laid(lower: Tree | undefined, upper: Tree | undefined): Tree | undefined {
  if (lower === undefined || upper === undefined || lower === upper) return upper ?? lower;
  return merge([lower, upper], { onConflict: "last" }).as("target");
}
