/**
 * Laying: artifacts at paths become one tree.
 *
 * Computed on digests. A directory is read only where something else lies in it, or where two meet; what
 * is laid keeps its digest otherwise, however large it is. What becomes of things that meet at one place is
 * not decided here.
 *
 * @module
 */
import {
  emptyDirectory,
  encodeDirectory,
  entryNames,
  type Directory,
  type DirectoryNode,
  type FileNode,
  type SymlinkNode,
} from "../artifact/directory.ts";
import type { Artifact } from "../artifact/handle.ts";
import { segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import { invariant } from "../base/assert.ts";
import { digestBytes, type Digest } from "../digest/digest.ts";
import type { BuildError } from "../errors/build-error.ts";
import type { Value } from "../runner/runner.ts";
import { findEntry, readDirectory, type Entry } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";

/** An artifact's content at a path. */
export interface Laid {
  readonly path: ArtifactPath;
  readonly artifact: Artifact;
  readonly value: Value;
}

/** What lies at one place, and the artifact that brings it there. */
export interface Layer {
  readonly entry: Entry;
  readonly artifact: Artifact;
}

/** What becomes of things that meet. */
export interface Meeting {
  /**
   * Several things lie at a place, in the order of the artifacts. Returns those that stay: one, or
   * directories, which are then laid on each other. Throws when they cannot meet.
   */
  settle(place: string, layers: readonly Layer[]): readonly Layer[];
  /** The error for an artifact that lies below something that is no directory. */
  blocked(place: string, layer: Layer, below: Artifact): BuildError;
}

/** A laid-out tree. */
export interface LaidTree {
  readonly digest: Digest;
  /** The directory messages that it adds to those of the artifacts; not yet in the store. */
  readonly added: ReadonlyMap<Digest, Buffer>;
}

/** A place on the way to artifacts, or of some. */
interface Place {
  readonly below: Map<string, Place>;
  /** What is laid exactly here. */
  readonly layers: Layer[];
}

/** Lays artifacts out. Rejects with what `meeting` throws, or `BLOB_LOST`. */
export async function layTree(
  content: ContentStore,
  all: readonly Laid[],
  meeting: Meeting,
): Promise<LaidTree> {
  const top: Place = { below: new Map(), layers: [] };
  for (const { path, artifact, value } of all) {
    placeAt(top, path).layers.push({ entry: entryOf(value), artifact });
  }
  const added = new Map<Digest, Buffer>();
  const plain = layPlainly(top, added);
  if (plain?.type === "directory") return { digest: plain.digest, added };
  added.clear();

  /** What stands at a place, of all that lies there and of what lies below. */
  const settle = async (
    path: string,
    met: readonly Layer[],
    below: ReadonlyMap<string, Place>,
  ): Promise<Entry> => {
    const layers = met.length > 1 ? meeting.settle(path, met) : met;
    const [only] = layers;
    if (only !== undefined && only.entry.type !== "directory") {
      const [inner] = below.values();
      if (inner !== undefined) throw meeting.blocked(path, only, artifactAt(inner));
      return only.entry;
    }
    // Nothing is laid inside: the tree keeps its digest, and need not be read.
    if (only !== undefined && layers.length === 1 && below.size === 0) return only.entry;
    return { type: "directory", digest: await settleDirectory(path, layers, below) };
  };

  const settleDirectory = async (
    path: string,
    layers: readonly Layer[],
    below: ReadonlyMap<string, Place>,
  ): Promise<Digest> => {
    const grounds: { readonly directory: Directory; readonly artifact: Artifact }[] = [];
    for (const { entry, artifact } of layers) {
      if (entry.type !== "directory") continue;
      grounds.push({ directory: await readDirectory(content, entry.digest), artifact });
    }
    const [ground, ...others] = grounds;
    /** The names of all that may meet something; what else is in the lowest layer stays as it is. */
    const names = new Set(below.keys());
    for (const { directory } of others) for (const name of entryNames(directory)) names.add(name);
    const { files, directories, symlinks } = without(ground?.directory ?? emptyDirectory, names);
    for (const name of names) {
      const here = below.get(name);
      const met: Layer[] = [];
      for (const { directory, artifact } of grounds) {
        const entry = findEntry(directory, name);
        if (entry !== undefined) met.push({ entry, artifact });
      }
      if (here !== undefined) met.push(...here.layers);
      const entry = await settle(
        path === "" ? name : `${path}/${name}`,
        met,
        here?.below ?? noPlaces,
      );
      if (entry.type === "file") {
        files.push({ name, digest: entry.digest, isExecutable: entry.isExecutable });
      } else if (entry.type === "directory") directories.push({ name, digest: entry.digest });
      else symlinks.push({ name, target: entry.target });
    }
    return addDirectory({ files, directories, symlinks }, added);
  };

  const laid = await settle("", top.layers, top.below);
  invariant(laid.type === "directory", "what lies at the top is a tree");
  return { digest: laid.digest, added };
}

/**
 * What stands at a place where nothing meets anything, nor lies inside of something: no directory has to be read
 * for that, nor anything waited for. `undefined` where it is otherwise.
 */
function layPlainly({ below, layers }: Place, added: Map<Digest, Buffer>): Entry | undefined {
  if (layers.length > 0)
    return layers.length === 1 && below.size === 0 ? layers[0]?.entry : undefined;
  const files: FileNode[] = [];
  const directories: DirectoryNode[] = [];
  for (const [name, place] of below) {
    const entry = layPlainly(place, added);
    if (entry === undefined || entry.type === "symlink") return undefined;
    if (entry.type === "directory") directories.push({ name, digest: entry.digest });
    else files.push({ name, digest: entry.digest, isExecutable: entry.isExecutable });
  }
  return { type: "directory", digest: addDirectory({ files, directories, symlinks: [] }, added) };
}

function addDirectory(directory: Directory, added: Map<Digest, Buffer>): Digest {
  const message = encodeDirectory(directory);
  const digest = digestBytes(message);
  added.set(digest, message);
  return digest;
}

const noPlaces: ReadonlyMap<string, Place> = new Map();

function placeAt(top: Place, path: ArtifactPath): Place {
  let place = top;
  for (const segment of segmentsOf(path)) {
    let next = place.below.get(segment);
    if (next === undefined) {
      next = { below: new Map(), layers: [] };
      place.below.set(segment, next);
    }
    place = next;
  }
  return place;
}

function entryOf(value: Value): Entry {
  const { kind, digest } = value;
  return kind === "tree"
    ? { type: "directory", digest }
    : { type: "file", digest, isExecutable: value.isExecutable };
}

/** An artifact laid at a place, or below it. */
function artifactAt(place: Place): Artifact {
  let layer: Layer | undefined;
  for (let here: Place | undefined = place; here && !layer; [here] = here.below.values()) {
    [layer] = here.layers;
  }
  invariant(layer, "a place is there for an artifact");
  return layer.artifact;
}

function without(
  { files, directories, symlinks }: Directory,
  names: ReadonlySet<string>,
): { files: FileNode[]; directories: DirectoryNode[]; symlinks: SymlinkNode[] } {
  const stays = ({ name }: { readonly name: string }): boolean => !names.has(name);
  return {
    files: files.filter(stays),
    directories: directories.filter(stays),
    symlinks: symlinks.filter(stays),
  };
}
