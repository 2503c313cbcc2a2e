/**
 * The rebuilder: decides whether an action must run.
 *
 * Constructive traces with early cutoff (Mokhov, Mitchell and Peyton Jones, "Build systems à la carte",
 * 2018): the key names the content of every input, and a result under that key says what running would
 * give. A result counts only if all that it names is still in the store.
 *
 * @module
 */
import { encodeTree, type Directory } from "../artifact/directory.ts";
import { relativeTo } from "../artifact/path.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { blobLost } from "../errors/store-errors.ts";
import type { ActionResult, OutputDirectory, OutputFile } from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import { exitCodeText } from "../graph/attempt.ts";
import { demandText, meetsDemand } from "../runner/demands.ts";
import type { Action, Execution, Hermeticity, Runner, Value } from "../runner/runner.ts";
import { readDirectory } from "../store/directories.ts";
import type { Store } from "../store/store.ts";
import type { ComposedAction } from "./compose.ts";
import { encodeProvenance } from "./provenance.ts";

/** What is known of the run that gave a result. */
export type RunRecord = Pick<
  ActionResult,
  "finishedAt" | "startedAt" | "stderr" | "stdout" | "worker"
>;

/** A result, and the values of the outputs by their names. */
export interface Produced {
  readonly result: RunRecord;
  readonly values: ReadonlyMap<string, Value>;
}

/** Looks results up, and keeps new ones. */
export class Rebuilder {
  readonly #store: Store;
  /** Trees found whole in this build. Forgotten when a blob turns out to be lost. */
  readonly #whole = new Set<Digest>();

  /** What commands with side effects gave in this build. It is kept nowhere else. */
  readonly #effects = new Map<ActionKey, Produced>();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The earlier result of an action, if there is one that can be used.
   *
   * @param demand - How far it has to be trusted. @defaultValue any will do
   */
  async reuse(action: Action, demand?: Hermeticity): Promise<Produced | undefined> {
    if (action.hasSideEffects) return await this.#findEffect(action);
    const result = await this.#store.actions.get(action.key);
    // A result that nobody ran, or that is no success, is none: other writers may keep failures.
    if (result === undefined || result.worker === "") return undefined;
    if (!meetsDemand(result.worker, demand)) return undefined;
    if (result.exitCode !== 0 && !action.isAttempt) return undefined;
    const produced = {
      result: recordOf(result),
      values: await this.#valuesOf(action, result),
    };
    const isComplete = action.outputs.every(
      ({ name, isOptional }) => isOptional || result.exitCode !== 0 || produced.values.has(name),
    );
    return isComplete && (await this.isWhole(produced)) ? produced : undefined;
  }

  /** Why a result that there is cannot be used, if that is for lack of trust. */
  async distrust({ key }: Action, demand: Hermeticity | undefined): Promise<string | undefined> {
    if (demand === undefined) return undefined;
    const { worker = "" } = (await this.#store.actions.get(key)) ?? {};
    return worker === "" || meetsDemand(worker, demand) ? undefined : demandText(worker, demand);
  }

  /** The outputs of a run that succeeded, which is not kept. */
  async outputsOf(
    action: Action,
    execution: Execution,
    runner: Runner,
  ): Promise<ReadonlyMap<string, Value>> {
    return await this.#valuesOf(action, await this.#resultOf(action, execution, runner));
  }

  /**
   * Keeps the result of a run that succeeded, for this build and later ones.
   *
   * @param replaces - The key of the call's earlier result, if there was one.
   */
  async keep(
    { action, messages, directories }: ComposedAction,
    execution: Execution,
    runner: Runner,
    replaces?: ActionKey,
  ): Promise<Produced> {
    const result = await this.#resultOf(action, execution, runner);
    const produced = { result: recordOf(result), values: await this.#valuesOf(action, result) };
    if (action.hasSideEffects) {
      this.#effects.set(action.key, produced);
    } else {
      const provenance = encodeProvenance({ ...messages, directories, replaces });
      await this.#store.actions.put(action.key, { ...result, provenance });
    }
    return produced;
  }

  /** True when the store holds all that a result names. */
  async isWhole({ result, values }: Produced): Promise<boolean> {
    const blobs = [result.stdout, result.stderr];
    for (const value of values.values()) {
      if (value.kind === "file") blobs.push(value.digest);
      else if (!(await this.#isWholeTree(value.digest))) return false;
    }
    return (await this.#store.content.missing(blobs)).length === 0;
  }

  /** Trusts nothing that was found earlier: the store has lost a blob. */
  forget(): void {
    this.#whole.clear();
  }

  /** What this build's own run gave. If it is lost, running once more is no way to get it back. */
  async #findEffect({ key }: Action): Promise<Produced | undefined> {
    const produced = this.#effects.get(key);
    if (produced === undefined || (await this.isWhole(produced))) return produced;
    throw blobLost(key, "an output of a command with side effects is lost; it is not run twice");
  }

  async #isWholeTree(tree: Digest): Promise<boolean> {
    if (this.#whole.has(tree)) return true;
    const { content } = this.#store;
    // A key needs no more than its digest: who looks into it may be told otherwise.
    if (content.promisesTree?.(tree) === true) return true;
    // Even a directory whose message is remembered must be in the store, for others to read.
    if ((await content.missing([tree])).length > 0) return false;
    let directory: Directory;
    try {
      directory = await readDirectory(content, tree);
    } catch (error) {
      if (error instanceof BuildError) return false;
      throw error;
    }
    const files = directory.files.map(({ digest }) => digest);
    if ((await content.missing(files)).length > 0) return false;
    for (const { digest } of directory.directories) {
      if (!(await this.#isWholeTree(digest))) return false;
    }
    this.#whole.add(tree);
    return true;
  }

  async #resultOf(action: Action, execution: Execution, runner: Runner): Promise<ActionResult> {
    const files: OutputFile[] = [];
    const directories: OutputDirectory[] = [];
    for (const output of action.outputs) {
      const value = execution.outputs.get(output.path);
      const path = relativeTo(output.path, action.cwd);
      if (value?.kind === "file") {
        files.push({ path, digest: value.digest, isExecutable: value.isExecutable });
      } else if (value !== undefined) {
        const treeDigest = await this.#writeTree(value.digest);
        directories.push({ path, treeDigest, rootDigest: value.digest });
      }
    }
    return {
      files,
      directories,
      exitCode: execution.exitCode ?? 0,
      stdout: execution.stdout,
      stderr: execution.stderr,
      worker: labelOf(action, execution.ranBy ?? runner),
      startedAt: execution.startedAt,
      finishedAt: execution.finishedAt,
    };
  }

  /** The outputs by name. Those that an attempt adds are not listed in results: they follow. */
  async #valuesOf(action: Action, result: ActionResult): Promise<ReadonlyMap<string, Value>> {
    const values = declaredValues(action, result);
    if (!action.isAttempt) return values;
    const text = Buffer.from(exitCodeText(result.exitCode));
    const { stdout, stderr } = result;
    const added = { exitCode: await this.#store.content.write(text), stdout, stderr };
    for (const [name, digest] of Object.entries(added)) {
      values.set(name, { kind: "file", digest, isExecutable: false });
    }
    return values;
  }

  /** Other tools that read the cache expect each output directory as one blob, too. */
  async #writeTree(root: Digest): Promise<Digest> {
    const { content } = this.#store;
    const children = new Map<Digest, Directory>();
    const collect = async (directory: Directory): Promise<void> => {
      for (const { digest } of directory.directories) {
        if (children.has(digest)) continue;
        const child = await readDirectory(content, digest);
        children.set(digest, child);
        await collect(child);
      }
    };
    const top = await readDirectory(content, root);
    await collect(top);
    return await content.write(encodeTree(top, [...children.values()]));
  }
}

/** The little of a result that a build goes on to hold, many times. */
function recordOf({ stdout, stderr, worker, startedAt, finishedAt }: ActionResult): RunRecord {
  return { stdout, stderr, worker, startedAt, finishedAt };
}

/** The declared outputs that a result holds, by name. One of the wrong kind is not among them. */
function declaredValues(action: Action, result: ActionResult): Map<string, Value> {
  const { files, directories } = result;
  const find = files.length + directories.length <= fewOutputs ? findAmong : finder(result);
  const values = new Map<string, Value>();
  for (const { name, kind, path } of action.outputs) {
    const value = find(result, relativeTo(path, action.cwd));
    if (value?.kind === kind) values.set(name, value);
  }
  return values;
}

/** Up to this many outputs are compared one by one. */
const fewOutputs = 4;

function findAmong({ files, directories }: ActionResult, wanted: string): Value | undefined {
  const tree = directories.findLast(({ path }) => path === wanted);
  if (tree !== undefined) return { kind: "tree", digest: tree.rootDigest };
  const file = files.findLast(({ path }) => path === wanted);
  return file && { kind: "file", digest: file.digest, isExecutable: file.isExecutable };
}

function finder({ files, directories }: ActionResult): typeof findAmong {
  const found = new Map<string, Value>();
  for (const { path, digest, isExecutable } of files) {
    found.set(path, { kind: "file", digest, isExecutable });
  }
  for (const { path, rootDigest } of directories) {
    found.set(path, { kind: "tree", digest: rootDigest });
  }
  return (_, wanted) => found.get(wanted);
}

/** Who ran an action, and how far the result can be trusted. */
function labelOf(
  { caches }: Action,
  { name, hermeticity }: Pick<Runner, "hermeticity" | "name">,
): string {
  // What was in a cache came from somewhere else than the inputs.
  return `${name}/${hermeticity}${caches.length === 0 ? "" : "+cache"}`;
}
