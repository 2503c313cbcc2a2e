/**
 * Comparing: an action and an earlier one of the same stage call.
 *
 * @module
 */
import { parsePath } from "../artifact/path.ts";
import { sizeOf, type Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import type { ActionResult } from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import type { StageCall } from "../graph/stage.ts";
import type { ComposedAction } from "../rebuild/compose.ts";
import type { KeyPart } from "../rebuild/key-parts.ts";
import { decodeProvenance } from "../rebuild/provenance.ts";
import { decodeParts } from "../rebuild/read-parts.ts";
import type { Value } from "../runner/runner.ts";
import { entryAt, type Entry } from "../store/directories.ts";
import { LayeredContent } from "../store/layered-content.ts";
import type { ContentStore, Store } from "../store/store.ts";
import type { Change, InputChange } from "./change.ts";
import { diffTexts } from "./diff-lists.ts";
import { diffParts } from "./diff-parts.ts";
import { diffEntries, diffTrees, type TreeDifference } from "./diff-trees.ts";
import { originOfInput } from "./origin-of-input.ts";

/** An action that can be compared. */
export interface Comparable {
  readonly parts: readonly KeyPart[];
  /** Messages of its input root that are in no store. */
  readonly directories: ReadonlyMap<Digest, Buffer>;
}

/** What is known of the run that gave a result. */
export interface PastRun {
  readonly key: ActionKey;
  /** When it ran, in milliseconds since 1970. */
  readonly ranAt: number;
  /** Who ran it: `<runner>/<hermeticity>`. */
  readonly ranBy: string;
  readonly durationMs: number;
}

/** An earlier action, as far as it is still known. */
export interface Past {
  readonly run: PastRun;
  /** Absent when whoever kept the result has not kept what was run. */
  readonly action: Comparable | undefined;
  /** The key that the call had before that, if any. */
  readonly replaces: ActionKey | undefined;
}

/** What a key stood for; `undefined` when its result is no longer in the store. */
export async function recallPast(store: Store, key: ActionKey): Promise<Past | undefined> {
  try {
    const result = await store.actions.get(key);
    return result && pastOf(key, result);
  } catch (error) {
    // What is written there cannot be read: that is as if it were gone.
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}

function pastOf(key: ActionKey, result: ActionResult): Past {
  const { startedAt, finishedAt, worker, provenance } = result;
  const run = { key, ranAt: startedAt, ranBy: worker, durationMs: finishedAt - startedAt };
  if (provenance === undefined) return { run, action: undefined, replaces: undefined };
  const { directories, replaces, ...messages } = decodeProvenance(provenance);
  return { run, action: { parts: decodeParts(messages), directories }, replaces };
}

/** What an action is compared in, and with whose words. */
export interface ComparisonContext {
  readonly content: ContentStore;
  readonly call: StageCall;
  /** What people call a stage call. */
  readonly labelOf: (call: StageCall) => string;
}

/** What differs, and which calls have made what differs. */
export interface Differences {
  readonly changes: readonly Change[];
  readonly producers: ReadonlySet<StageCall>;
}

/** Compares two actions as wholes. */
export async function compareActions(
  before: Comparable,
  after: Comparable | ComposedAction,
  context: ComparisonContext,
): Promise<Differences> {
  const trees = [before, after].map(({ parts, directories }) => ({
    content: new LayeredContent(directories, context.content),
    digest: rootOf(parts),
  }));
  const [one, other] = trees as [(typeof trees)[0], (typeof trees)[0]];
  const found = await diffTrees(one, other);
  return await withInputs(diffParts(before.parts, after.parts), found, context);
}

/** Compares as much as is known of an action whose inputs are not all there yet. */
export async function compareKnown(
  before: Comparable,
  parts: readonly KeyPart[],
  /** Values of the mounts, by their numbers. */
  values: readonly (Value | undefined)[],
  context: ComparisonContext,
): Promise<Differences> {
  const content = new LayeredContent(before.directories, context.content);
  const found: TreeDifference[] = [];
  for (const [at, { path }] of context.call.command.mounts.entries()) {
    const value = values[at];
    if (value === undefined) continue;
    const earlier = await entryAt(content, rootOf(before.parts), parsePath(path)).catch(() => {});
    const contents = { before: content, after: context.content };
    const differences = await diffEntries(contents, path, earlier ?? undefined, entryOf(value));
    const inner = context.call.command.mounts.filter((other) => other.path.startsWith(`${path}/`));
    // What other inputs lie there was part of the whole, and is none of this one.
    found.push(...differences.filter((each) => !inner.some((other) => touches(each, other.path))));
  }
  return await withInputs(diffParts(before.parts, parts), found, context);
}

/** Whether a difference lies in another input, or is but the way to it. */
function touches({ path, after }: TreeDifference, input: string): boolean {
  const place = path.replace(/\/$/, "");
  const isWay = after === undefined && input.startsWith(`${place}/`);
  return isWay || place === input || place.startsWith(`${input}/`);
}

function entryOf(value: Value): Entry {
  if (value.kind === "tree") return { type: "directory", digest: value.digest };
  return { type: "file", digest: value.digest, isExecutable: value.isExecutable };
}

function rootOf(parts: readonly KeyPart[]): Digest {
  return parts.find(({ type }) => type === "input-root")?.value as Digest;
}

/** Files of which the difference is shown, and their largest size in bytes. */
const maxDiffs = 3;
const maxDiffBytes = 2 ** 16;

async function withInputs(
  parts: readonly Change[],
  found: readonly TreeDifference[],
  { content, call, labelOf }: ComparisonContext,
): Promise<Differences> {
  const inputs: InputChange[] = [];
  const producers = new Set<StageCall>();
  let diffs = 0;
  for (const { path, how, before, after } of found) {
    const { from, producer } = originOfInput(call.command.mounts, path, labelOf);
    if (producer !== undefined) producers.add(producer);
    const change = { type: "input", path, how, from } as const;
    const isOwn = producer === undefined && how === "content" && diffs < maxDiffs;
    const diff = isOwn ? await diffFiles(content, before, after) : undefined;
    if (diff !== undefined) diffs++;
    inputs.push({ ...change, ...endsOf(how, before, after), ...(diff && { diff }) });
  }
  return { changes: [...parts, ...inputs], producers };
}

function endsOf(
  how: InputChange["how"],
  before: Entry | undefined,
  after: Entry | undefined,
): Pick<InputChange, "after" | "before"> {
  if (how === "kind") return { before: nameOfKind(before), after: nameOfKind(after) };
  if (before?.type !== "symlink" || after?.type !== "symlink") return {};
  return { before: before.target, after: after.target };
}

function nameOfKind(entry: Entry | undefined): string {
  return { file: "a file", directory: "a directory", symlink: "a link" }[entry?.type ?? "file"];
}

/** The lines in which two files differ; `undefined` when they are large, not text, or gone. */
async function diffFiles(
  content: ContentStore,
  before: Entry | undefined,
  after: Entry | undefined,
): Promise<string[] | undefined> {
  if (before?.type !== "file" || after?.type !== "file") return undefined;
  const texts: string[] = [];
  for (const { digest } of [before, after]) {
    if (sizeOf(digest) > maxDiffBytes) return undefined;
    try {
      const bytes = await content.read(digest);
      texts.push(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      if (error instanceof BuildError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
  const [one = "", other = ""] = texts;
  return texts.some((text) => text.includes("\0")) ? undefined : diffTexts(one, other);
}
