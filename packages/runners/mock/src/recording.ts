/**
 * Recordings: what the commands of one build have given, in a directory.
 *
 *     recording.jsonl   who ran them; then a line for each tool that was asked about, and each command
 *     blobs/<SHA-256>   what they printed and made, their messages, and the directories of their input roots
 *
 * Contents of inputs are not kept: they come from the pipeline that is replayed, or from its commands.
 *
 * @module
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import {
  blobLost,
  digestBytes,
  keyVersion,
  type ActionKey,
  type Digest,
  type Hermeticity,
  type NameValue,
  type RunnerAbility,
  type Value,
} from "@ashlar/core";

import { replayUnfit } from "./errors.ts";

/** The runner whose work was recorded. */
export interface RecordedRunner {
  readonly name: string;
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  readonly abilities: readonly RunnerAbility[];
  /** Whether it tells versions of tools apart. */
  readonly identifies: boolean;
}

/** What it said of a tool. */
export interface RecordedTool {
  readonly question: string;
  readonly identity: string;
}

/** One command, and what it gave. */
export interface RecordedRun {
  /** Name of the stage. */
  readonly stage: string;
  readonly key: ActionKey;
  /** Blobs of its messages. */
  readonly command: Digest;
  readonly action: Digest;
  /** Absent when a signal ended it. */
  readonly exitCode?: number;
  readonly endedBy?: string;
  readonly remark?: string;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly written: readonly string[];
  readonly stdout: Digest;
  readonly stderr: Digest;
  readonly durationMs: number;
}

/** A line of a recording, but for the first. */
export type RecordedLine =
  | ({ readonly type: "tool" } & RecordedTool)
  | ({ readonly type: "run" } & RecordedRun);

interface Header extends RecordedRunner {
  readonly type: "recording";
  /** Of this layout. */
  readonly version: number;
  /** Of the recipe of keys. */
  readonly keys: string;
}

const fileName = "recording.jsonl";

/** Version of all that is said above. */
const layout = 1;

/** A recording while it is made. */
export class RecordingWriter {
  readonly #directory: string;
  readonly #file: string;

  /** Starts one. What the directory held of an earlier one is removed. */
  constructor(directory: string, runner: RecordedRunner) {
    this.#directory = directory;
    this.#file = join(directory, fileName);
    rmSync(this.#file, { force: true });
    rmSync(join(directory, "blobs"), { recursive: true, force: true });
    mkdirSync(join(directory, "blobs"), { recursive: true });
    const header: Header = { type: "recording", version: layout, keys: keyVersion, ...runner };
    writeFileSync(this.#file, `${JSON.stringify(header)}\n`);
  }

  add(line: RecordedLine): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  keep(bytes: Uint8Array): Digest {
    const digest = digestBytes(bytes);
    const path = blobPath(this.#directory, digest);
    if (!existsSync(path)) writeFileSync(path, bytes);
    return digest;
  }

  has(digest: Digest): boolean {
    return existsSync(blobPath(this.#directory, digest));
  }

  /** Puts the lines in an order that does not depend on which command was over first. */
  end(): void {
    const [header = "", ...lines] = readFileSync(this.#file, "utf8").trimEnd().split("\n");
    // Runs of one key stay as they are: the second may have had another end.
    const sorted = lines.toSorted((a, b) => {
      const [one, other] = [orderOf(a), orderOf(b)];
      return one < other ? -1 : one > other ? 1 : 0;
    });
    writeFileSync(this.#file, `${[header, ...sorted].join("\n")}\n`);
  }
}

function orderOf(text: string): string {
  const line = JSON.parse(text) as RecordedLine;
  return line.type === "tool" ? `0 ${line.question}` : `1 ${line.stage} ${line.key}`;
}

/** A recording, read. */
export class Recording {
  readonly directory: string;
  readonly runner: RecordedRunner;
  readonly tools: readonly RecordedTool[];
  readonly runs: readonly RecordedRun[];

  /** @throws {@link BuildError} `REPLAY_UNFIT`. */
  constructor(directory: string) {
    this.directory = directory;
    const [header, ...lines] = readLines(directory);
    if (header?.type !== "recording") throw replayUnfit(directory, "its first line is no header");
    const { type: _, version, keys, ...runner } = header;
    if (version !== layout) throw replayUnfit(directory, `its layout is version ${version}`);
    if (keys !== keyVersion) {
      throw replayUnfit(
        directory,
        `its keys are of version \`${keys}\`, and today's \`${keyVersion}\``,
      );
    }
    this.runner = runner;
    const known = lines as readonly RecordedLine[];
    this.tools = known.filter((line) => line.type === "tool");
    this.runs = known.filter((line) => line.type === "run");
  }

  /**
   * Bytes of a blob.
   *
   * @throws {@link BuildError} `BLOB_LOST` when it is not there; `REPLAY_UNFIT` when it was altered.
   */
  read(digest: Digest): Buffer {
    const path = blobPath(this.directory, digest);
    if (!existsSync(path)) throw blobLost(digest, "it is not in the recording");
    const bytes = readFileSync(path);
    if (digestBytes(bytes) !== digest) throw replayUnfit(this.directory, `${path} was altered`);
    return bytes;
  }
}

function readLines(directory: string): readonly (Header | RecordedLine)[] {
  try {
    const text = readFileSync(join(directory, fileName), "utf8");
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Header | RecordedLine);
  } catch (error) {
    throw replayUnfit(directory, error instanceof Error ? error.message : String(error));
  }
}

function blobPath(directory: string, digest: Digest): string {
  return join(directory, "blobs", digest.slice(0, digest.indexOf("/")));
}
