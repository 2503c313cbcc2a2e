/**
 * Dependencies: the external crates of a selection, compiled, in two halves.
 *
 * @module
 */
import { createHash } from "node:crypto";

import { all, type Tree } from "@ashlar/core";

import { cargoWords } from "./cargo-words.ts";
import { bothHalves, type Lineage, type Side } from "./halves.ts";
import type { CargoDeps, CargoOptions, Selection } from "./options.ts";
import type { Project } from "./project.ts";
import { innerOf, type Scopes } from "./scope.ts";
import * as stages from "./stages.ts";

/** The dependencies of a project. Asked for more than once, they are still one node for each selection. */
export class Dependencies {
  readonly #project: Project;
  readonly #scopes: Scopes;
  readonly #lineage: Lineage;
  readonly #known = new Map<string, CargoDeps>();

  constructor(project: Project, scopes: Scopes, lineage: Lineage) {
    this.#project = project;
    this.#scopes = scopes;
    this.#lineage = lineage;
  }

  /** Those of a selection. */
  of(overrides: Selection): CargoDeps {
    const key = JSON.stringify(this.#project.words(overrides));
    const known = this.#known.get(key) ?? this.#build(overrides);
    this.#known.set(key, known);
    return known;
  }

  /** The arguments of the passes are those of the commands, or cargo would compile again for them. */
  #build(overrides: Selection): CargoDeps {
    const { flags, env } = this.#project.words(overrides);
    const scope = this.#scopes.of(overrides);
    const { dummy, vendor } = scope;
    const { options } = this.#project;
    const base = this.#project.base({ env });
    const inputs = (half: Side): stages.Seeded => ({
      ws: dummy,
      vendor,
      seed: seedName(options, half, flags),
    });
    const pass = (command: string, ...args: readonly string[]): readonly string[] =>
      cargoWords(this.#project, [command], flags, args);
    const linking = [pass("build"), pass("test", "--no-run")];
    const linked = stages.linkDeps(inputs("link"), linking, base).target;
    // With and without the dependencies of tests, which may turn on features of the others.
    const checking = [pass("check", "--all-targets"), pass("check")];
    const before = options.halves === "apart" ? undefined : linked;
    const checked = stages.checkDeps({ ...inputs("check"), before }, checking, base).target;
    const build = (ws: Tree): Tree =>
      stages.innerCrates(
        { ws, vendor, target: { deps: linked, own: undefined } },
        pass("build"),
        base,
      ).target;
    const halves = {
      check: { deps: checked, own: undefined },
      link: { deps: linked, own: undefined },
    };
    const deps = all({ target: bothHalves(halves), checked, linked });
    const inner = options.inner === true ? innerOf(scope, build) : undefined;
    this.#lineage.remember(deps, { ...halves, link: { deps: linked, own: inner } });
    return deps;
  }
}

/** Name of the cache for a half. Selections that compile other units have others: one would drive out the other's. */
function seedName(
  { seed }: CargoOptions,
  half: Side,
  flags: readonly string[],
): string | undefined {
  if (seed === undefined) return undefined;
  const words = createHash("sha256").update(JSON.stringify(flags)).digest("hex").slice(0, 8);
  return `cargo-${seed}-${half}-${words}`;
}
