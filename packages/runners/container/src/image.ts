/**
 * Images: from a name, or an artifact, to one image that is pinned.
 *
 *     name ──lock file──▶ digest    ──when something runs──▶ pulled, if it is not there
 *     tree ─────────────▶ digest    ───────────────────────▶ imported, under a name that holds the digest
 *     archive ──────────▶ digest    ───────────────────────▶ loaded, and named likewise
 *
 * @module
 */
import { join } from "node:path";

import { BuildError, materializeTree, type Digest, type RunnerImage } from "@ashlar/core";

import type { Engine, EngineFacts } from "./engine.ts";
import {
  engineFailed,
  imageArchitecture,
  imageMoved,
  imageUnknown,
  imageUnlocked,
} from "./errors.ts";
import type { LockFile } from "./lock-file.ts";

/** An image that is here. */
export interface PresentImage {
  /** For people. */
  readonly name: string;
  /** What the engine knows it by. */
  readonly reference: string;
  /** Its `PATH`. */
  readonly searchPath: string;
  /** Whether it has volumes: places to write that outlive a command. */
  readonly hasVolumes: boolean;
}

/** An image that is always the same. */
export interface PinnedImage {
  /** What tells it from others, in keys: `docker://sha256:…`, `tree://…`, `archive://…`. */
  readonly identity: string;
  /**
   * Sees to it that the engine has it. Does so once, unless it fails.
   *
   * @throws {@link BuildError} `CONTAINER_IMAGE_UNKNOWN`, `CONTAINER_IMAGE_LOCK`, `CONTAINER_IMAGE_UNFIT`,
   *   `CONTAINER_FAILED`.
   */
  readonly present: () => Promise<PresentImage>;
}

/** How images are found. */
export interface ImageSearch {
  readonly engine: Engine;
  readonly facts: EngineFacts;
  readonly lock: LockFile;
  readonly isFrozen: boolean;
  /** Runs work with a directory that is removed after it. */
  readonly withFolder: <T>(work: (folder: string) => Promise<T>) => Promise<T>;
}

/** `PATH` of images that have none: what the engines set. */
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Finds out which image is meant. Only a name that is not in the lock file is searched for; all else can
 * be told without asking the engine.
 *
 * @throws {@link BuildError} `CONTAINER_IMAGE_UNKNOWN`, `CONTAINER_IMAGE_LOCK`, `CONTAINER_IMAGE_UNFIT`.
 */
export async function pinImage(image: RunnerImage, search: ImageSearch): Promise<PinnedImage> {
  if (typeof image === "string") return await pinName(image, search);
  return "tree" in image
    ? pinned(`tree://${image.tree}`, async () => await importTree(image, search))
    : pinned(`archive://${image.archive}`, async () => await loadArchive(image, search));
}

async function pinName(name: string, search: ImageSearch): Promise<PinnedImage> {
  const { facts, lock, isFrozen } = search;
  if (isPinned(name)) {
    const find = async (): Promise<Inspected> => await inspectOrPull(name, search);
    return pinnedName(name, name, find, search);
  }
  const platform = `linux/${facts.architecture}`;
  const locked = lock.read(name, platform);
  if (locked !== undefined) {
    const reference = locked.digest;
    const find = async (): Promise<Inspected> =>
      await inspectOrPull(reference, search).catch(async (error: unknown) => {
        if (!(error instanceof BuildError && error.code === "CONTAINER_IMAGE_UNKNOWN")) throw error;
        const now = (await inspect(name, search)).found;
        const found = now && referenceOf(name, now);
        throw imageMoved({ image: name, locked: reference, found, lockFile: lock.path });
      });
    return pinnedName(name, reference, find, search);
  }
  if (isFrozen) throw imageUnlocked(name, lock.path);
  const found = await inspectOrPull(name, search);
  const reference = referenceOf(name, found);
  // Before it is written down: one that does not fit need not be remembered.
  presentImage(name, reference, found, facts);
  lock.add(name, { digest: reference, platform });
  return pinnedName(name, reference, async () => await Promise.resolve(found), search);
}

/** An image of the engine, or of a registry. */
function pinnedName(
  name: string,
  reference: string,
  find: () => Promise<Inspected>,
  { facts }: ImageSearch,
): PinnedImage {
  return pinned(`docker://${digestOf(reference)}`, async () =>
    presentImage(name, reference, await find(), facts),
  );
}

function pinned(identity: string, find: () => Promise<PresentImage>): PinnedImage {
  let found: Promise<PresentImage> | undefined;
  const present = async (): Promise<PresentImage> => {
    found ??= find();
    const asked = found;
    try {
      return await asked;
    } catch (error) {
      // A registry may be there the next time.
      if (found === asked) found = undefined;
      throw error;
    }
  };
  return { identity, present };
}

type ImageTree = Exclude<Extract<RunnerImage, object>, { readonly archive: unknown }>;
type ImageArchive = Exclude<Extract<RunnerImage, object>, { readonly tree: unknown }>;

/** What marks the images that are made of trees, for `image prune --filter label=ashlar.image`. */
const imageLabel = "ashlar.image=tree";

async function importTree(
  { tree, content }: ImageTree,
  search: ImageSearch,
): Promise<PresentImage> {
  const { engine, facts, withFolder } = search;
  const reference = `ashlar-tree:${nameOf(tree)}`;
  if ((await inspect(reference, search)).found === undefined) {
    await withFolder(async (folder) => {
      await materializeTree(content, tree, folder, { mtime: 1 });
      const { execa } = await import("execa");
      const owner = ["--owner=0", "--group=0", "--numeric-owner"];
      // Everybody may read it, whatever the modes of our copy are: that of a temporary folder, at its top.
      const mode = "--mode=u=rwX,go=rX";
      const changes = [`ENV PATH=${usualPath}`, `LABEL ${imageLabel}`];
      const words = [
        "import",
        ...changes.flatMap((change) => ["--change", change]),
        ...["-", reference],
      ];
      const { failed, stderr } = await execa("tar", ["-C", folder, ...owner, mode, "-c", "."], {
        reject: false,
        stdin: "ignore",
        encoding: "buffer",
        buffer: { stdout: false },
      }).pipe(engine.program, words, { reject: false });
      if (failed) throw engineFailed(engine.kind, "import", stderr);
    });
  }
  const found = await mustInspect(reference, search);
  return presentImage(`tree ${tree.slice(0, 12)}`, found.Id, found, facts);
}

async function loadArchive(
  { archive, content }: ImageArchive,
  search: ImageSearch,
): Promise<PresentImage> {
  const { engine, facts, withFolder } = search;
  const reference = `ashlar-archive:${nameOf(archive)}`;
  if ((await inspect(reference, search)).found === undefined) {
    const said = await withFolder(async (folder) => {
      const path = join(folder, "image.tar");
      await content.copyTo(archive, path, 0o600);
      return await engine.tell(["load", "--input", path]);
    });
    const [, loaded] = /Loaded image(?: ID|\(s\))?: *(\S+)/.exec(said) ?? [];
    if (loaded === undefined) throw engineFailed(engine.kind, "load", said);
    await engine.tell(["tag", loaded, reference]);
  }
  const found = await mustInspect(reference, search);
  return presentImage(`archive ${archive.slice(0, 12)}`, found.Id, found, facts);
}

/** Of what engines say of an image, what counts here. */
interface Inspected {
  /** `sha256:…`. */
  readonly Id: string;
  readonly RepoDigests?: readonly string[] | null;
  readonly Architecture: string;
  readonly Config?: {
    readonly Env?: readonly string[] | null;
    readonly Volumes?: Readonly<Record<string, unknown>> | null;
  };
}

async function inspect(
  reference: string,
  { engine }: ImageSearch,
): Promise<{ readonly found: Inspected | undefined; readonly said: string }> {
  const { exitCode, stdout, stderr } = await engine.ask(["image", "inspect", reference]);
  const [found] = exitCode === 0 ? (JSON.parse(stdout) as Inspected[]) : [];
  if (found === undefined) return { found, said: stderr };
  const Id = found.Id.startsWith("sha256:") ? found.Id : `sha256:${found.Id}`;
  return { found: { ...found, Id }, said: "" };
}

async function mustInspect(reference: string, search: ImageSearch): Promise<Inspected> {
  const { found, said } = await inspect(reference, search);
  if (found === undefined) throw imageUnknown(reference, search.engine.kind, said);
  return found;
}

async function inspectOrPull(reference: string, search: ImageSearch): Promise<Inspected> {
  const here = await inspect(reference, search);
  if (here.found !== undefined) return here.found;
  // The id of an image is in no registry.
  const isId = reference.startsWith("sha256:");
  const { exitCode, stderr } = isId
    ? { exitCode: 1, stderr: here.said }
    : await search.engine.ask(["pull", "--quiet", reference]);
  if (exitCode !== 0) throw imageUnknown(reference, search.engine.kind, stderr);
  return await mustInspect(reference, search);
}

/** A digest of a registry, where the image has one of this name; its id otherwise. */
function referenceOf(name: string, { Id, RepoDigests }: Inspected): string {
  const repository = name.replace(/:[^:/]*$/, "");
  const isOf = (digest: string): boolean =>
    digest.startsWith(`${repository}@`) || digest.includes(`/${repository}@`);
  // Podman makes up a digest for images that no registry has seen.
  const found = RepoDigests?.find((digest) => isOf(digest) && !digest.startsWith("localhost/"));
  return found ?? Id;
}

/** @throws {@link BuildError} `CONTAINER_IMAGE_UNFIT`. */
function presentImage(
  name: string,
  reference: string,
  { Architecture, Config }: Inspected,
  facts: EngineFacts,
): PresentImage {
  if (Architecture !== "" && Architecture !== facts.architecture) {
    throw imageArchitecture(name, Architecture, facts.architecture);
  }
  const path = Config?.Env?.find((each) => each.startsWith("PATH="));
  return {
    name,
    reference,
    searchPath: path?.slice("PATH=".length) ?? usualPath,
    hasVolumes: Object.keys(Config?.Volumes ?? {}).length > 0,
  };
}

function isPinned(name: string): boolean {
  return /(?:^|@)sha256:[0-9a-f]{64}$/.test(name);
}

function digestOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("@") + 1);
}

/** What an engine can call a digest. */
function nameOf(digest: Digest): string {
  return digest.replace("/", "-");
}
