/**
 * Artifacts: handles on files and trees, and the views that derive one from another.
 *
 * @module
 */
import { inspect } from "node:util";

import { notAHandle } from "../errors/catalogue.ts";
import {
  isHandle,
  state,
  type Artifact,
  type ArtifactState,
  type File,
  type Gate,
  type Kind,
  type MergePart,
  type Origin,
  type Tree,
  type View,
} from "./handle.ts";
import { baseName, parseName, parsePath } from "./path.ts";

/** What a handle is made with besides its kind and origin. */
interface HandleOptions {
  readonly alias?: string | undefined;
  readonly self?: string | undefined;
}

/** Makes a handle on a file. */
export function makeFile(origin: Origin, options: HandleOptions = {}): File {
  return new FileHandle("file", origin, options);
}

/** Makes a handle on a tree. */
export function makeTree(origin: Origin, options: HandleOptions = {}): Tree {
  return new TreeHandle(origin, options);
}

/** Makes a handle of either kind. */
export function makeArtifact(kind: Kind, origin: Origin, options: HandleOptions = {}): Artifact {
  return kind === "file" ? makeFile(origin, options) : makeTree(origin, options);
}

/** The name for people, and for the path in an input root: `as`, else where it comes from. */
export function nameOf(artifact: Artifact): string {
  const { alias, origin } = artifact[state];
  if (alias !== undefined) return alias;
  switch (origin.type) {
    case "source":
      return sourceName(origin.location);
    case "text":
      return "text";
    case "merge":
      return "merged";
    case "output":
      return origin.label;
    case "gated":
    case "validated":
      return nameOf(origin.base);
    case "view":
      return "path" in origin.view && origin.view.path !== ""
        ? baseName(origin.view.path)
        : nameOf(origin.base);
  }
}

/**
 * The folder of a relative location. The name of an absolute one depends on where the checkout lies,
 * and would carry that place into keys.
 */
function sourceName(location: string): string {
  const name = location.split("/").findLast((segment) => segment !== "" && segment !== ".");
  return location.startsWith("/") || name === undefined || name === ".." ? "source" : name;
}

/** @throws {@link BuildError} `NOT_A_HANDLE` when a gate is something else. */
export function checkGates(gates: readonly unknown[]): asserts gates is readonly Gate[] {
  for (const gate of gates) if (!isHandle(gate)) throw notAHandle(gate, "a gate");
}

/**
 * The inside lies in a private field: a field that is defined, and an inside that is frozen, make a handle
 * cost twice as much, and a graph of 10,000 stages has 50,000 of them. Nobody can reach it by accident.
 */
class FileHandle<K extends Kind = "file"> implements Artifact<K> {
  readonly #inside: ArtifactState<K>;

  constructor(kind: K, origin: Origin, { alias, self }: HandleOptions) {
    this.#inside = { type: "artifact", kind, origin, alias, self };
    // Names that have a meaning already are refused where outputs are declared.
    if (self !== undefined) (this as Record<string, unknown>)[self] = this;
    Object.freeze(this);
  }

  get [state](): ArtifactState<K> {
    return this.#inside;
  }

  as(name: string): this {
    const { kind, origin, self } = this[state];
    return makeArtifact(kind, origin, { alias: parseName(name), self }) as this;
  }

  after(...gates: readonly Gate[]): this {
    checkGates(gates);
    const { kind, origin, alias, self } = this[state];
    const held = behind(this, origin, gates);
    return makeArtifact(kind, held, { alias, self }) as this;
  }

  [inspect.custom](): string {
    return `${this[state].kind}(${describeOrigin(this[state].origin)})`;
  }
}

class TreeHandle extends FileHandle<"tree"> implements Tree {
  constructor(origin: Origin, options: HandleOptions) {
    super("tree", origin, options);
  }

  file(path: string): File {
    return makeFile(this.#view({ type: "file", path: parsePath(path) }));
  }

  dir(path: string): Tree {
    return makeTree(this.#view({ type: "dir", path: parsePath(path) }));
  }

  pick(...globs: string[]): Tree {
    return makeTree(this.#view({ type: "pick", globs }));
  }

  without(...globs: string[]): Tree {
    return makeTree(this.#view({ type: "without", globs }));
  }

  blank(...globs: string[]): Tree {
    return makeTree(this.#view({ type: "blank", globs }));
  }

  #view(view: View): Origin {
    return { type: "view", base: this, view };
  }
}

/** Holds back what makes the artifact; what has no maker is itself put behind the gates. */
function behind(artifact: Artifact, origin: Origin, gates: readonly Gate[]): Origin {
  switch (origin.type) {
    case "output":
      return Object.freeze({ ...origin, producer: origin.producer.after(gates) });
    case "view":
      return Object.freeze({ ...origin, base: origin.base.after(...gates) });
    case "validated":
    case "merge":
      return origin.after(gates);
    case "gated":
      return Object.freeze({ ...origin, gates: Object.freeze([...origin.gates, ...gates]) });
    case "source":
    case "text":
      return Object.freeze({ type: "gated", base: artifact, gates: Object.freeze([...gates]) });
  }
}

/** True when two artifacts cannot but have the same content: the same origin, or equal views of it. */
export function isSameOrigin(a: Origin, b: Origin): boolean {
  if (a === b) return true;
  if (a.type !== "view" || b.type !== "view") return false;
  return isSameView(a.view, b.view) && isSameOrigin(a.base[state].origin, b.base[state].origin);
}

/** True when two views of one tree are equal. */
export function isSameView(a: View, b: View): boolean {
  if (a.type !== b.type) return false;
  if ("path" in a || "path" in b) return "path" in a && "path" in b && a.path === b.path;
  return a.globs.length === b.globs.length && a.globs.every((glob, at) => glob === b.globs[at]);
}

/** Where an artifact comes from, in a few words: `compile.app`, `source src`. */
export function describeOrigin(origin: Origin): string {
  switch (origin.type) {
    case "source":
      return `${origin.fetch === undefined ? "source" : "fetch"} ${origin.location}`;
    case "text":
      return "text";
    case "output":
      return `${origin.producer.name}.${origin.output}`;
    case "merge":
      return `merge of ${describeParts(origin.parts)}`;
    case "gated":
    case "validated":
      return describeOrigin(origin.base[state].origin);
    case "view": {
      const below = origin.base[state].origin;
      const base = describeOrigin(below);
      const { view } = origin;
      if (below.type === "source" && below.fetch !== undefined) return base;
      return "path" in view
        ? `${base}/${view.path}`
        : `${base}.${view.type}(${view.globs.join(", ")})`;
    }
  }
}

/** Their places, for parts may be merges themselves, and have parts of their own. */
function describeParts(parts: readonly MergePart[]): string {
  const isList = parts.length > 1 && parts.every(({ path }) => path === "");
  if (isList || parts.length === 0) return `${parts.length} trees`;
  const shown = parts.slice(0, 3).map(({ path }) => path || ".");
  return [...shown, ...(parts.length > 3 ? ["…"] : [])].join(", ");
}
