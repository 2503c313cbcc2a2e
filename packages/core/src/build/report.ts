/**
 * The report: what became of a build, and the way to what it made.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, parse, resolve, sep } from "node:path";

import {
  isArtifact,
  isHandle,
  type Artifact,
  type File,
  type Handle,
  type Tree,
} from "../artifact/handle.ts";
import type { ProvenanceOptions, ProvenanceStatement } from "../attest/statement.ts";
import { lazily } from "../base/lazily.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { notAHandle } from "../errors/catalogue.ts";
import { exportBlocked } from "../errors/output-errors.ts";
import type { BuildOutcome, Outcome, RemoteCacheUse } from "../events/event.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { ActionKey } from "../graph/action.ts";
import type { Remark } from "../graph/remark.ts";
import { resolveArtifact, type KnownValues } from "../rebuild/resolve.ts";
import type { Value } from "../runner/runner.ts";
import { walkTree } from "../store/directories.ts";
import { exportFile, exportTree } from "../store/export.ts";
import type { ContentStore } from "../store/store.ts";
import type { Timing } from "./timing.ts";

/** What became of one stage call. */
export interface StageReport {
  /** Name of the stage. */
  readonly name: string;
  readonly outcome: Outcome;
  /** Absent when the call never got so far as to have one. */
  readonly key: ActionKey | undefined;
  /** How long its command took, in milliseconds: in this build, or when the reused result was made. */
  readonly durationMs: number;
  /** When the command ran, in milliseconds since 1970; `undefined` if it never did. */
  readonly ranAt: number | undefined;
  /**
   * Who ran it, now or then: `<runner>/<hermeticity>`, with `+cache` behind it if the command had one, so
   * that its result may depend on more than its key.
   */
  readonly ranBy: string | undefined;
  /**
   * How often its command was run in this build: 0 if it was not, more than 1 if it was retried. A stage
   * that ran, and needed more than one, is flaky.
   */
  readonly attempts: number;
  /** Why it failed. */
  readonly error: BuildError | undefined;
  /** Why it was skipped, or run though there was a result, in one clause. */
  readonly reason: string | undefined;
  /** Blobs of what it printed, for {@link Report.log}. */
  readonly stdout: Digest | undefined;
  readonly stderr: Digest | undefined;
}

/** What a {@link Report} is made of. */
export interface ReportParts {
  readonly outcome: BuildOutcome;
  readonly stages: () => readonly StageReport[];
  /** Names of the stages that ended so, in the order in which they did. */
  readonly named: (outcome: Outcome) => readonly string[];
  readonly errors: readonly BuildError[];
  readonly durationMs: number;
  readonly remoteCache: RemoteCacheUse | undefined;
  readonly timing: () => Timing;
  readonly content: ContentStore;
  /** Builds an artifact again: its content was lost. `undefined` if that would have effects outside. */
  readonly rebuild: (artifact: Artifact) => Promise<Report | undefined>;
  readonly known: KnownValues;
  /** Remarks on the stage at an index of {@link Report.stages}. */
  readonly remarksOn: (at: number) => Promise<readonly Remark[] | undefined>;
  readonly explain: (handle: Handle) => Promise<Explanation>;
  readonly attest: (
    artifact: Artifact,
    value: Value,
    options: ProvenanceOptions,
  ) => Promise<ProvenanceStatement>;
  /** Absolute directory that relative paths start from. */
  readonly cwd: string;
  /** Absolute directories of the sources. */
  readonly sources: () => readonly string[];
}

/** What became of a build. Holds digests, not contents: those stay in the store until asked for. */
export class Report {
  readonly outcome: BuildOutcome;
  /** Every stage call of the build, in the order in which they settled. */
  declare readonly stages: readonly StageReport[];
  /** Every failure, the first one first. */
  readonly errors: readonly BuildError[];
  readonly durationMs: number;
  /** What a cache elsewhere did for the build, if there is one that did anything. */
  readonly remoteCache: RemoteCacheUse | undefined;
  /** True when every target was made. */
  readonly ok: boolean;
  /** Names of the stages whose commands were executed and succeeded, in the order of their ends. */
  declare readonly ran: readonly string[];
  /** Names of the stages of which an earlier result was used. */
  declare readonly reused: readonly string[];
  /** Names of the dynamic stages whose graph was described, and made. */
  declare readonly expanded: readonly string[];
  /** Names of the stages that failed. */
  declare readonly failed: readonly string[];
  /** Names of the stages that were not started. */
  declare readonly skipped: readonly string[];
  /** Names of the stages that were stopped. */
  declare readonly cancelled: readonly string[];
  readonly #parts: ReportParts;

  constructor(parts: ReportParts) {
    this.outcome = parts.outcome;
    this.errors = parts.errors;
    this.durationMs = parts.durationMs;
    this.remoteCache = parts.remoteCache;
    this.ok = parts.outcome === "succeeded";
    this.#parts = parts;
    // Who builds 10,000 stages may only want to know whether that has worked.
    lazily(this, "stages", parts.stages);
    for (const outcome of [
      "ran",
      "reused",
      "expanded",
      "failed",
      "skipped",
      "cancelled",
    ] as const) {
      lazily(this, outcome, () => parts.named(outcome));
    }
  }

  /** Does nothing if the build succeeded; throws its first failure otherwise. */
  throwIfFailed(): void {
    const [first] = this.errors;
    if (first !== undefined) throw first;
  }

  /**
   * How long this build took, and what kept it from being shorter: commands that ran in it count, also those that
   * failed, each with all of its runs.
   */
  timing(): Timing {
    return this.#parts.timing();
  }

  /**
   * Digest of an artifact of this build.
   *
   * @throws {@link BuildError} `ARTIFACT_NOT_BUILT` when the build has not made it, or `VIEW_MISSING`.
   */
  async digest(artifact: Artifact): Promise<Digest> {
    return (await this.#value(artifact)).digest;
  }

  /** Bytes of a file of this build. Rejects as {@link Report.digest}. */
  async bytes(file: File): Promise<Buffer> {
    return await this.#read(file, async ({ digest }) => await this.#parts.content.read(digest));
  }

  /** Text of a file of this build. Rejects as {@link Report.digest}. */
  async text(file: File): Promise<string> {
    return (await this.bytes(file)).toString("utf8");
  }

  /** Paths of all files and links in a tree of this build, sorted. Rejects as {@link Report.digest}. */
  async list(tree: Tree): Promise<string[]> {
    return await this.#read(tree, async ({ digest }) => {
      const paths: string[] = [];
      for await (const { path, entry } of walkTree(this.#parts.content, digest)) {
        if (entry.type !== "directory") paths.push(path);
      }
      return paths.toSorted();
    });
  }

  /**
   * Why a handle was made anew: what differs from the build before, down to where the change began. Of
   * what was reused: when, where and by which key it was made. Of what failed or did not start: that.
   *
   * @throws {@link BuildError} `NOT_A_HANDLE`; `ARTIFACT_NOT_BUILT` when this build has no part in it.
   * @example
   * ```ts
   * console.log(String(await report.why(app))); // `link` ran: ... `compile` ran: src/main.c differs ...
   * ```
   */
  async why(handle: Handle): Promise<Explanation> {
    if (!isHandle(handle)) throw notAHandle(handle, "what to explain");
    return await this.#parts.explain(handle);
  }

  /**
   * Where an artifact comes from: an in-toto statement with SLSA provenance of all that it was made of, down to
   * sources, tools and images. The same for a build that ran everything and one that reused it; sign it with
   * `signProvenance`.
   *
   * @throws {@link BuildError} as {@link Report.digest}; `BLOB_LOST`, or `INVALID_OPTION`.
   * @example
   * ```ts
   * const statement = await report.provenance(app, { builder: "https://ci.example/release" });
   * ```
   */
  async provenance(
    artifact: Artifact,
    options: ProvenanceOptions = {},
  ): Promise<ProvenanceStatement> {
    return await this.#read(artifact, async (value) => {
      return await this.#parts.attest(artifact, value, options);
    });
  }

  /** What a stage printed, when it ran: its standard output, then its standard error. */
  async log({ stdout, stderr }: StageReport): Promise<string> {
    const { content } = this.#parts;
    const parts = [stdout, stderr].filter((digest) => digest !== undefined);
    const bytes = await Promise.all(parts.map((digest) => content.read(digest)));
    return Buffer.concat(bytes).toString("utf8");
  }

  /**
   * What the run of a stage gave rise to say, as far as its command says how to find it: the run of this build, or that which gave the
   * reused result.
   *
   * @param stage - One of {@link Report.stages}; of any other, nothing is known.
   */
  async remarks(stage: StageReport): Promise<readonly Remark[]> {
    return (await this.#parts.remarksOn(this.stages.indexOf(stage))) ?? [];
  }

  /**
   * Writes an artifact of this build to the disk. Whatever was at `path` is replaced as a whole.
   *
   * @param path - Absolute, or relative to the build's `cwd`.
   * @throws {@link BuildError} `ARTIFACT_NOT_BUILT`; `EXPORT_BLOCKED` when that would replace a source,
   *   the build's `cwd` or something around them, or a directory by a file.
   */
  async export(artifact: Artifact, path: string): Promise<void> {
    const place = resolve(this.#parts.cwd, path);
    this.#checkPlace(place, path);
    await this.#read(artifact, async (value) => {
      if (value.kind === "tree") await exportTree(this.#parts.content, value.digest, place);
      else await exportFile(this.#parts.content, value, place);
    });
  }

  #checkPlace(place: string, path: string): void {
    // By their real paths: a link on the way may lead to what is to be kept.
    const real = realPath(place);
    const holds = (inner: string): boolean => {
      const kept = realPath(inner);
      return kept === real || kept.startsWith(real.endsWith(sep) ? real : real + sep);
    };
    if (real === parse(real).root || holds(homedir())) {
      throw exportBlocked(path, "a directory that holds far more than this build");
    }
    if (holds(this.#parts.cwd)) throw exportBlocked(path, "the directory that the build works in");
    const source = this.#parts.sources().find(holds);
    if (source !== undefined) throw exportBlocked(path, `the source \`${source}\``);
  }

  /** Reads an artifact. If its content was lost from the store, has it made again first. */
  async #read<T>(artifact: Artifact, read: (value: Value) => Promise<T>): Promise<T> {
    let value: Value | undefined;
    try {
      value = await this.#value(artifact);
      return await read(value);
    } catch (error) {
      if (!(error instanceof BuildError) || error.code !== "BLOB_LOST") throw error;
      const again = await this.#parts.rebuild(artifact);
      // Other content than that of this build is no replacement: a source has changed meanwhile.
      if (again?.ok !== true) throw error;
      // A view or a merge may have needed a directory that was lost, and come to no value before.
      value ??= await this.#value(artifact);
      if ((await again.digest(artifact)) !== value.digest) throw error;
      return await read(value);
    }
  }

  async #value(artifact: Artifact): Promise<Value> {
    if (!isArtifact(artifact)) throw notAHandle(artifact, "the artifact to read or export");
    return await resolveArtifact(this.#parts.content, artifact, this.#parts.known);
  }
}

/** The path without links, as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
