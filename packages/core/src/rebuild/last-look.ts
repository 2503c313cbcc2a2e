/**
 * The last look: what a build in which nothing had changed has made sure of, for the next one of the same targets.
 *
 * What was asked for is looked for in the store, blob by blob, and targets that are views or merges are worked out. If
 * nothing has changed since, and the store looks as it did then, doing so again would find the same.
 *
 *     notes/whole-<subject>   which record it was, the targets, how the store looked, the targets that were worked out,
 *                             what dynamic stages among the targets have come to, and the little that they have read
 *                             or written
 *
 * It is only an accelerator, as the trace is: where it has nothing to say, everything is looked for.
 *
 * @module
 */
import { sizeOf, type Digest } from "../digest/digest.ts";
import type { NodeId } from "../graph/plan.ts";
import { readDirectory } from "../store/directories.ts";
import { RememberingContent } from "../store/remembering-content.ts";
import type { ContentStore, Notes } from "../store/store.ts";
import type { Produced } from "./rebuilder.ts";

/** Version of the form in which it is written down. Another one is not read. */
const noteVersion = 4;

/** What is written down. */
interface Note {
  readonly version: number;
  /** The number of the record that the results are in. */
  readonly record: number;
  /** Nodes whose results were whole. */
  readonly nodes: readonly NodeId[];
  /** What dynamic stages came to, and was whole: they run in every build, so it is told by itself. */
  readonly expanded: readonly string[];
  /** How the store looked that all of that is in; absent when a look proves nothing there. */
  readonly look?: string | undefined;
  /** Targets that no stage makes, and in which there was no fault; see {@link LastLook.hasWorkedOut}. */
  readonly derived?: string | undefined;
  /** What dynamic stages have read or written. The bytes come after all of this, in this order. */
  readonly blobs: readonly Digest[];
}

/** Compares a build with the last one in which nothing had changed. */
export class LastLook {
  readonly #notes: Notes | undefined;
  readonly #name: string;
  readonly #content: ContentStore;
  readonly #record: number | undefined;
  /** For dynamic stages to read: they run in every build. */
  readonly readable: RememberingContent;
  #note: Note | undefined;
  /** Nodes whose results are whole, and what dynamic stages came to that is. Found out when first asked for. */
  #whole: ReadonlySet<NodeId | string> | undefined;

  constructor(parts: {
    readonly notes: Notes | undefined;
    /** Of what the build is asked for. */
    readonly subject: string;
    /** Number of the record that results are taken from; `undefined` when there is none. */
    readonly record: number | undefined;
    readonly content: ContentStore;
  }) {
    this.#notes = parts.notes;
    this.#name = `whole-${parts.subject}`;
    this.#record = parts.record;
    this.#content = parts.content;
    const [read, blobs] = this.#record === undefined ? [] : this.#read(this.#record);
    this.#note = read;
    this.readable = new RememberingContent(this.#content, blobs ?? new Map());
  }

  /** True when the store holds all that the recorded result of a node names. */
  isWhole(id: NodeId): boolean {
    return (this.#whole ??= this.#lookAgain()).has(id);
  }

  /** True when the store holds all that a dynamic stage has come to. */
  isWholeExpanded(produced: Produced): boolean {
    return (this.#whole ??= this.#lookAgain()).has(toldByValues(produced));
  }

  /**
   * True when the targets that no stage makes were worked out without a fault.
   *
   * @param derived - All that describes them but the recorded results; `undefined` when they cannot be described.
   */
  hasWorkedOut(derived: string | undefined): boolean {
    return derived !== undefined && this.#note?.derived === derived;
  }

  /** Trusts nothing that was seen: the store has lost a blob. */
  forget(): void {
    this.#whole = new Set();
    this.#note = undefined;
    this.readable.forget();
  }

  /**
   * Writes down what a build has made sure of in which nothing had changed.
   *
   * @param targets - The recorded results that it has found whole.
   * @param expanded - What dynamic stages among the targets have come to, and it has found whole.
   */
  async keep(
    targets: ReadonlyMap<NodeId, Produced>,
    expanded: readonly Produced[],
    derived: string | undefined,
  ): Promise<void> {
    if (this.#notes === undefined || this.#record === undefined) return;
    const isKnown =
      [...targets.keys()].every((id) => this.isWhole(id)) &&
      expanded.every((produced) => this.isWholeExpanded(produced));
    const { used, isUsedAnew } = this.readable;
    const isWorkedOut = derived === undefined || this.hasWorkedOut(derived);
    if (isKnown && !isUsedAnew && isWorkedOut) return;
    const look = await this.#lookAt([...targets.values(), ...expanded]);
    // Nothing that is not known.
    if (look === undefined && !isUsedAnew && isWorkedOut) return;
    const nodes = look === undefined ? [] : [...targets.keys()];
    const seen = look === undefined ? [] : expanded.map((produced) => toldByValues(produced));
    const record = this.#record;
    const blobs = [...used.keys()];
    const note: Note = {
      ...{ version: noteVersion, record, nodes, expanded: seen },
      ...{ look, derived, blobs },
    };
    const head = Buffer.from(`${JSON.stringify(note)}\n`);
    this.#notes.write(this.#name, Buffer.concat([head, ...used.values()]));
  }

  /** What was written down of a record, and the blobs behind it. The note may be of an earlier one. */
  #read(record: number): [Note, ReadonlyMap<Digest, Buffer>] | [] {
    const bytes = this.#notes?.read(this.#name);
    const start = `${JSON.stringify({ version: noteVersion, record }).slice(0, -1)},`;
    if (bytes?.toString("utf8", 0, start.length) !== start) return [];
    let at = bytes.indexOf("\n") + 1;
    const note = JSON.parse(bytes.toString("utf8", 0, at)) as Note;
    const blobs = new Map<Digest, Buffer>();
    for (const digest of note.blobs) {
      blobs.set(digest, bytes.subarray(at, at + sizeOf(digest)));
      at += sizeOf(digest);
    }
    return [note, blobs];
  }

  #lookAgain(): ReadonlySet<NodeId | string> {
    const { look, nodes = [], expanded = [] } = this.#note ?? {};
    const isSame = look !== undefined && this.#content.looksAs?.(look) === true;
    return new Set(isSame ? [...nodes, ...expanded] : []);
  }

  /** How the places look that all blobs of some results lie in. */
  async #lookAt(results: Iterable<Produced>): Promise<string | undefined> {
    if (this.#content.lookAt === undefined) return undefined;
    const blobs = new Set<Digest>();
    for (const { result, values } of results) {
      blobs.add(result.stdout).add(result.stderr);
      for (const { kind, digest } of values.values()) {
        if (kind === "file") blobs.add(digest);
        else await this.#addTree(digest, blobs);
      }
    }
    return this.#content.lookAt(blobs);
  }

  async #addTree(tree: Digest, blobs: Set<Digest>): Promise<void> {
    if (blobs.has(tree)) return;
    blobs.add(tree);
    const { files, directories } = await readDirectory(this.#content, tree);
    for (const { digest } of files) blobs.add(digest);
    for (const { digest } of directories) await this.#addTree(digest, blobs);
  }
}

function toldByValues({ values }: Produced): string {
  return [...values.values()].map(({ kind, digest }) => `${kind} ${digest}`).join("\n");
}
