/**
 * Consumers: commands that start from built dependencies, or from what another command has left.
 *
 * @module
 */
import { all, type Tool, type Tree } from "@ashlar/core";

import { anyWords } from "./cargo-words.ts";
import type { Dependencies } from "./dependencies.ts";
import { replaceHalf, whole, type Lineage, type Side } from "./halves.ts";
import type { CargoArtifacts, CargoResult, ConsumerOptions, TargetMember } from "./options.ts";
import type { Project } from "./project.ts";
import type { Scopes } from "./scope.ts";
import type { Args, Base, Consumed } from "./stages.ts";

/** A stage for a command. */
export type ConsumerStage<O extends TargetMember> = (inputs: Consumed, args: Args, base: Base) => O;

/** What a command runs, and what it needs to. */
export interface Invocation {
  readonly side: Side;
  /** As `["test", "--doc"]`. */
  readonly command: readonly string[];
  /** What comes after the flags of the selection. */
  readonly args: readonly string[];
  /** Besides those of the workspace. @defaultValue none */
  readonly tools?: readonly Tool[];
}

/** Runs commands on a project. */
export class Consumers {
  readonly #project: Project;
  readonly #scopes: Scopes;
  readonly #dependencies: Dependencies;
  readonly #lineage: Lineage;

  constructor(project: Project, scopes: Scopes, dependencies: Dependencies, lineage: Lineage) {
    this.#project = project;
    this.#scopes = scopes;
    this.#dependencies = dependencies;
    this.#lineage = lineage;
  }

  /** Adds the stage of a command. What it leaves, the next one may start from. */
  run<O extends TargetMember>(
    stage: ConsumerStage<O>,
    { side, command, args, tools = [] }: Invocation,
    options: ConsumerOptions,
  ): CargoResult<Omit<O, keyof Tree | "target">> {
    const { flags, env } = this.#project.words(options);
    const artifacts: CargoArtifacts = options.cargoArtifacts ?? this.#dependencies.of(options);
    const halves = this.#lineage.halvesOf(artifacts);
    const { src: ws, vendor } = this.#scopes.of(options);
    const base = this.#project.base({
      tools: [...tools, ...(options.tools ?? [])],
      env: { ...env, ...options.env },
    });
    const words = anyWords(this.#project, command, flags, args);
    const made = stage({ ws, vendor, target: halves[side] }, words, base);
    const after = replaceHalf(halves, side, made.target);
    const result = all({ ...made, target: whole(after[side]) });
    this.#lineage.remember(result, after);
    return result;
  }
}
