/**
 * Handles: frozen, lazy names for what a build will make.
 *
 *     source ──view──▶ ... ──laid in a command──▶ stage call ──▶ output | check
 *
 * A handle holds only where its value will come from. Making one, or deriving one from another, runs
 * nothing and reads no disk. Handles are not thenables: awaiting one by mistake executes nothing. The
 * calls that make outputs live a floor above; here they are only {@link Producer}s.
 *
 * @module
 */
import type { ArtifactPath } from "./path.ts";

/** Key of a handle's inside: where its value comes from. Not part of the public surface. */
export const state: unique symbol = Symbol("ashlar.state");

/** What an artifact is: one file, or one directory with all below it. */
export type Kind = "file" | "tree";

/** A handle on one file or tree that will exist. */
export interface Artifact<K extends Kind = Kind> {
  readonly [state]: ArtifactState<K>;
  /** The same artifact under another name: the one its path in an input root is made from. */
  as(name: string): this;
  /** The same artifact, made only after every gate has succeeded. Never changes a key. */
  after(...gates: readonly Gate[]): this;
}

/** A handle on one file. */
export interface File extends Artifact<"file"> {}

/** A handle on a directory and all below it. Views of it are handles too, and cost no process. */
export interface Tree extends Artifact<"tree"> {
  /** The file at `path` in this tree. */
  file(path: string): File;
  /** The directory at `path` in this tree. */
  dir(path: string): Tree;
  /** Only the entries that match a glob, or lie in a directory that does, with their parents. */
  pick(...globs: string[]): Tree;
  /** All but the entries that match a glob. */
  without(...globs: string[]): Tree;
  /** The same entries, but files that match a glob are empty: for what depends on names, and not on content. */
  blank(...globs: string[]): Tree;
}

/** What a stage without outputs yields: only the fact that it succeeded. */
export interface Check {
  readonly [state]: CheckState;
  /** The same check, made only after every gate has succeeded. */
  after(...gates: readonly Gate[]): this;
}

/** Handles gathered under names. As a gate or a target it stands for all of its members. */
export interface Group<T> {
  readonly [state]: GroupState<T>;
}

/** The handles on everything a stage with several outputs makes. */
export interface Outputs {
  readonly [state]: OutputsState;
}

/** Something that succeeds or fails, and can be waited for. */
export type Gate = Artifact | Check | Outputs | Group<unknown>;

/** Any handle. */
export type Handle = Gate;

/** Handle type of an artifact kind. */
export interface Handles {
  file: File;
  tree: Tree;
}

/** Inside of an artifact. */
export interface ArtifactState<K extends Kind = Kind> {
  readonly type: "artifact";
  readonly kind: K;
  readonly origin: Origin;
  /** Name given with `as`, if any. */
  readonly alias: string | undefined;
  /** Name under which the handle holds itself: that of the single output of a stage. */
  readonly self: string | undefined;
}

/** Inside of a check. */
export interface CheckState {
  readonly type: "check";
  readonly producer: Producer;
}

/** Inside of the record of several outputs. */
export interface OutputsState {
  readonly type: "outputs";
  readonly producer: Producer;
}

/** Inside of a group. */
export interface GroupState<T> {
  readonly type: "group";
  readonly members: T;
  /** Of members that run one after another: those that are over only when all are. */
  readonly last?: readonly Gate[];
}

/** Where an artifact's value comes from. Compared by identity. */
export type Origin =
  | SourceOrigin
  | TextOrigin
  | ViewOrigin
  | OutputOrigin
  | GatedOrigin
  | ValidatedOrigin
  | MergeOrigin;

/** A directory on the user's disk, as it is when the build starts. */
export interface SourceOrigin {
  readonly type: "source";
  /** Absolute, or relative to the root directory of the build. */
  readonly location: string;
  readonly filter: SourceFilter;
  /** Of a single file: its name in the directory. */
  readonly file?: string;
  /** Of a file that is a module: that all it imports is part of the source, and these globs' files. */
  readonly modules?: readonly string[];
  /** Of a file that is fetched: from where. The location is only its name for people then. */
  readonly fetch?: FetchSpec;
}

/** A file at one of some addresses, pinned by its digest. */
export interface FetchSpec {
  /** Tried in order. May hold secrets: not to be shown. */
  readonly urls: readonly string[];
  /** In lower-case hexadecimal. Absent: not pinned, so it can be looked at, and not be used. */
  readonly sha256: string | undefined;
  /** Name of the file in the tree that stands for it. */
  readonly name: string;
  readonly isExecutable: boolean;
  readonly idleTimeoutMs: number;
  readonly about: FetchedThing | undefined;
}

/** A file that is fetched, to those who asked for it. */
export interface FetchedThing {
  /** What errors call it. */
  readonly title: string;
  /** What to do when every address says that it has no such file: a clause, as hints are. */
  readonly ifMissing: string;
}

/** Which entries of a directory belong to the source. Globs are relative to it. */
export interface SourceFilter {
  /** Absent: everything. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly gitignore?: boolean;
}

/** Content that the script itself holds. */
export interface TextOrigin {
  readonly type: "text";
  readonly text: string;
  readonly isExecutable: boolean;
}

/** Part of a tree. */
export interface ViewOrigin {
  readonly type: "view";
  readonly base: Tree;
  readonly view: View;
}

/** What a view keeps of its tree. */
export type View =
  | { readonly type: "file" | "dir"; readonly path: ArtifactPath }
  | { readonly type: "pick" | "without" | "blank"; readonly globs: readonly string[] };

/** An output of a stage call. */
export interface OutputOrigin {
  readonly type: "output";
  readonly producer: Producer;
  /** Name of the output among those of its call. */
  readonly output: string;
  /** Name for people: last segment of the path that the command writes. */
  readonly label: string;
}

/** An artifact that has no call of its own to hold back, behind gates. */
export interface GatedOrigin {
  readonly type: "gated";
  readonly base: Artifact;
  readonly gates: readonly Gate[];
}

/** An artifact with checks that belong to it: whoever builds it builds them as well, beside it. */
export interface ValidatedOrigin {
  readonly type: "validated";
  readonly base: Artifact;
  readonly checks: readonly Gate[];
  /** The same, held back by gates: the artifact, and with it what the checks make of it. */
  after(gates: readonly Gate[]): ValidatedOrigin;
}

/** Several artifacts in one tree. */
export interface MergeOrigin {
  readonly type: "merge";
  readonly parts: readonly MergePart[];
  readonly onConflict: OnConflict;
  /** What it waits for besides what makes its parts. */
  readonly gates: readonly Gate[];
  /** The same, held back by gates: what makes its parts, and with it whoever uses it. */
  after(gates: readonly Gate[]): MergeOrigin;
}

/** An artifact, and the path in the merged tree at which it lies. */
export interface MergePart {
  readonly path: ArtifactPath;
  readonly artifact: Artifact;
}

/** What becomes of two different things at one place of a merged tree. */
export type OnConflict =
  /** It is an error. */
  | "error"
  /** The one that comes last stays. */
  | "last";

/** A stage call, as far as handles know it. */
export interface Producer {
  /** Name of the stage. */
  readonly name: string;
  /** The same call, held back by more gates. */
  after(gates: readonly Gate[]): Producer;
}

/** True for every kind of handle. */
export function isHandle(value: unknown): value is Handle {
  return typeof value === "object" && value !== null && state in value;
}

/** True for a file or tree, or for the result of a stage with one output. */
export function isArtifact(value: unknown): value is Artifact {
  return isHandle(value) && value[state].type === "artifact";
}
