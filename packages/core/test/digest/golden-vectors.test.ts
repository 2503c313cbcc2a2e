/**
 * Golden vectors: messages as another implementation of protocol buffers writes them, byte by byte.
 *
 * Each is `{ name, message, value, hex, digest }`, its lists in no particular order.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import {
  decodeDirectory,
  decodeTree,
  encodeDirectory,
  encodeTree,
  type Directory,
} from "../../src/artifact/directory.ts";
import { compareCodePoints } from "../../src/base/order.ts";
import { digestBytes, emptyDigest, type Digest } from "../../src/digest/digest.ts";
import { readDigest, readFields } from "../../src/digest/wire.ts";
import {
  decodeActionResult,
  encodeActionResult,
  type ActionResult,
} from "../../src/graph/action-result.ts";
import {
  encodeAction,
  encodeCommand,
  type ActionMessage,
  type CommandMessage,
} from "../../src/graph/action.ts";

interface Vector {
  readonly name: string;
  readonly message: "Directory" | "Tree" | "Command" | "Action" | "ActionResult";
  readonly value: unknown;
  readonly hex: string;
  readonly digest: Digest;
}

/** The `ActionResult` of a vector, with the fields that have no place here. */
interface ResultValue {
  readonly outputFiles?: ActionResult["files"];
  readonly outputDirectories?: readonly {
    readonly path: string;
    readonly treeDigest: Digest;
    readonly rootDirectoryDigest?: Digest;
    readonly isTopologicallySorted: boolean;
  }[];
  readonly outputSymlinks?: readonly unknown[];
  readonly exitCode?: number;
  readonly stdoutDigest?: Digest;
  readonly stderrDigest?: Digest;
  readonly executionMetadata?: {
    readonly worker?: string;
    readonly workerStart?: { readonly seconds: number; readonly nanos: number };
    readonly workerCompleted?: { readonly seconds: number; readonly nanos: number };
  };
}

const file = new URL("golden-vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as readonly Vector[];
const of = (message: Vector["message"]): (readonly [string, Vector])[] =>
  vectors.filter((each) => each.message === message).map((each) => [each.name, each] as const);
const bytesOf = ({ hex }: Vector): Buffer => Buffer.from(hex, "hex");

test.each(vectors.map((each) => [each.name, each] as const))("%s is what it says", (_, vector) => {
  expect(digestBytes(bytesOf(vector))).toBe(vector.digest);
});

describe("Directory", () => {
  test.each(of("Directory"))("%s", (_, vector) => {
    const directory = vector.value as Directory;
    expect(encodeDirectory(directory).toString("hex")).toBe(vector.hex);
    const decoded = decodeDirectory(bytesOf(vector));
    expect(decoded).toEqual(sorted(directory));
    expect(encodeDirectory(decoded).toString("hex")).toBe(vector.hex);
  });
});

describe("Tree", () => {
  test.each(of("Tree"))("%s", (_, vector) => {
    const { root, children } = vector.value as {
      readonly root: Directory;
      readonly children: readonly Directory[];
    };
    expect(encodeTree(root, children).toString("hex")).toBe(vector.hex);
    const decoded = decodeTree(bytesOf(vector));
    expect(decoded.root).toEqual(sorted(root));
    const expected = children.map(
      (child) => [digestBytes(encodeDirectory(child)), sorted(child)] as const,
    );
    expect(new Map(decoded.children)).toEqual(new Map(expected));
  });
});

describe("Command", () => {
  test.each(of("Command"))("%s", (_, vector) => {
    const command = vector.value as CommandMessage;
    expect(encodeCommand(command).toString("hex")).toBe(vector.hex);
    // Nothing reads commands back; the fields are there all the same.
    const words = [...readFields(bytesOf(vector))].filter(({ number }) => number === 1);
    expect(words.map(({ bytes }) => bytes.toString())).toEqual(command.arguments);
  });
});

describe("Action", () => {
  test.each(of("Action"))("%s", (_, vector) => {
    const action = vector.value as ActionMessage;
    expect(encodeAction(action).toString("hex")).toBe(vector.hex);
    const digests = [...readFields(bytesOf(vector))].filter(({ number }) => number <= 2);
    expect(digests.map(({ bytes }) => readDigest(bytes))).toEqual([
      action.commandDigest,
      action.inputRootDigest,
    ]);
  });
});

describe("ActionResult", () => {
  test.each(of("ActionResult"))("%s, read", (_, vector) => {
    expect(decodeActionResult(bytesOf(vector))).toEqual(resultOf(vector.value as ResultValue));
  });

  // Results are written with all their fields; a vector without some of them can only be read.
  const complete = of("ActionResult").filter(([, { value }]) => isComplete(value as ResultValue));
  test.each(complete)("%s, written", (_, vector) => {
    const result = resultOf(vector.value as ResultValue);
    expect(encodeActionResult(result).toString("hex")).toBe(vector.hex);
  });
  test("some vectors are complete", () => {
    expect(complete.length).toBeGreaterThanOrEqual(2);
  });
});

function resultOf(value: ResultValue): ActionResult {
  const { worker = "", workerStart, workerCompleted } = value.executionMetadata ?? {};
  const ms = (time: { seconds: number; nanos: number } = { seconds: 0, nanos: 0 }): number =>
    time.seconds * 1000 + time.nanos / 1e6;
  return {
    files: value.outputFiles ?? [],
    directories: (value.outputDirectories ?? []).map(
      ({ path, treeDigest, rootDirectoryDigest = emptyDigest }) => {
        return { path, treeDigest, rootDigest: rootDirectoryDigest };
      },
    ),
    exitCode: value.exitCode ?? 0,
    stdout: value.stdoutDigest ?? emptyDigest,
    stderr: value.stderrDigest ?? emptyDigest,
    worker,
    startedAt: ms(workerStart),
    finishedAt: ms(workerCompleted),
  };
}

function isComplete(value: ResultValue): boolean {
  const { outputSymlinks = [], outputDirectories = [], executionMetadata = {} } = value;
  return (
    outputSymlinks.length === 0 &&
    outputDirectories.every((each) => each.isTopologicallySorted && each.rootDirectoryDigest) &&
    value.stdoutDigest !== undefined &&
    value.stderrDigest !== undefined &&
    executionMetadata.workerStart !== undefined &&
    executionMetadata.workerCompleted !== undefined &&
    executionMetadata.workerStart.nanos % 1e6 === 0
  );
}

function sorted({ files, directories, symlinks }: Directory): Directory {
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    compareCodePoints(a.name, b.name);
  return {
    files: files.toSorted(byName),
    directories: directories.toSorted(byName),
    symlinks: symlinks.toSorted(byName),
  };
}
