/**
 * Actions: stage calls with every input pinned by digest, and the key that follows.
 *
 * The key is the digest of a REAPI v2 `Action`, which names its `Command` and its input root. So what
 * decides about reuse here is what any remote execution service decides by.
 *
 * @module
 */
import { compareCodePoints, sortedBy } from "../base/order.ts";
import { digestBytes, emptyDigest, type Digest } from "../digest/digest.ts";
import { MessageWriter, readDigest, readFields } from "../digest/wire.ts";

/** A name and a value. */
export interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** REAPI `Command`: what to run in the input root. The order of the lists but the first is free. */
export interface CommandMessage {
  readonly arguments: readonly string[];
  readonly env: readonly NameValue[];
  /** Relative to the working directory. */
  readonly outputPaths: readonly string[];
  /** A path in the input root; empty for the root itself. */
  readonly workingDirectory: string;
  readonly platform: readonly NameValue[];
}

/** REAPI `Action`: all that a key depends on. `timeout` is left unset: it must not be part of one. */
export interface ActionMessage {
  readonly commandDigest: Digest;
  readonly inputRootDigest: Digest;
  /** Anything else that tells results apart. */
  readonly salt: string;
  readonly platform: readonly NameValue[];
  readonly doNotCache?: boolean;
}

// One writer for each kind of message: a new one for each message leaves more behind than it writes.
const commands = new MessageWriter();
const actions = new MessageWriter();

/** Writes the canonical message. */
export function encodeCommand(command: CommandMessage): Buffer {
  const writer = commands.clear();
  for (const argument of command.arguments) writer.element(1, argument);
  for (const pair of sortedBy(command.env, ({ name }) => name)) {
    const start = writer.begin(2);
    writer.string(1, pair.name).string(2, pair.value).end(start);
  }
  writePlatform(writer, 5, command.platform);
  writer.string(6, command.workingDirectory);
  const { outputPaths } = command;
  const paths =
    outputPaths.length < 2 ? outputPaths : [...new Set(outputPaths)].toSorted(compareCodePoints);
  for (const path of paths) writer.element(7, path);
  return writer.finish();
}

/** Writes the canonical message. */
export function encodeAction(action: ActionMessage): Buffer {
  const writer = actions
    .clear()
    .digest(1, action.commandDigest)
    .digest(2, action.inputRootDigest)
    .bool(7, action.doNotCache ?? false)
    .bytes(9, Buffer.from(action.salt, "utf8"));
  writePlatform(writer, 10, action.platform);
  return writer.finish();
}

/**
 * Reads a message back. Fields that are not used here are passed over.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the bytes are not one.
 */
export function decodeCommand(message: Uint8Array): CommandMessage {
  const command = {
    arguments: [] as string[],
    env: [] as NameValue[],
    outputPaths: [] as string[],
    workingDirectory: "",
    platform: [] as NameValue[],
  };
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) command.arguments.push(bytes.toString("utf8"));
    if (number === 2) command.env.push(readPair(bytes));
    if (number === 5) command.platform.push(...readPlatform(bytes));
    if (number === 6) command.workingDirectory = bytes.toString("utf8");
    if (number === 7) command.outputPaths.push(bytes.toString("utf8"));
  }
  return command;
}

/** Reads a message back, as {@link decodeCommand} does. */
export function decodeAction(message: Uint8Array): ActionMessage {
  let commandDigest = emptyDigest;
  let inputRootDigest = emptyDigest;
  let salt = "";
  let platform: readonly NameValue[] = [];
  let doNotCache = false;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) commandDigest = readDigest(bytes);
    if (number === 2) inputRootDigest = readDigest(bytes);
    if (number === 7) doNotCache = integer !== 0;
    if (number === 9) salt = bytes.toString("utf8");
    if (number === 10) platform = readPlatform(bytes);
  }
  return { commandDigest, inputRootDigest, salt, platform, doNotCache };
}

function readPlatform(message: Buffer): NameValue[] {
  return Array.from(readFields(message), ({ bytes }) => readPair(bytes));
}

function readPair(message: Buffer): NameValue {
  let name = "";
  let value = "";
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) name = bytes.toString("utf8");
    if (number === 2) value = bytes.toString("utf8");
  }
  return { name, value };
}

/** Digest of an action: the only authority for reuse. */
export type ActionKey = Digest;

/** The key of a command over an input root. */
export function keyAction(
  command: CommandMessage,
  inputRootDigest: Digest,
  salt: string,
): ActionKey {
  const commandDigest = digestBytes(encodeCommand(command));
  const { platform } = command;
  return digestBytes(encodeAction({ commandDigest, inputRootDigest, salt, platform }));
}

/** Writes a `Platform`, if there is anything in it: an absent one and one without properties are different messages. */
function writePlatform(
  writer: MessageWriter,
  field: number,
  properties: readonly NameValue[],
): void {
  if (properties.length === 0) return;
  const platform = writer.begin(field);
  const sorted = properties.toSorted(
    (a, b) => compareCodePoints(a.name, b.name) || compareCodePoints(a.value, b.value),
  );
  for (const { name, value } of sorted) {
    const start = writer.begin(1);
    writer.string(1, name).string(2, value).end(start);
  }
  writer.end(platform);
}
