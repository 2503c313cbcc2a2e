/**
 * Key parts: all that a key is made of, each with a name.
 *
 *     command, tools, platform, input root ──partsOf──▶ parts ──encodeParts──▶ Command, Action ──▶ key
 *                                                         └──────▶ explanations: plan, why
 *
 * The encoder is given parts and nothing else. So whatever reaches a key has a name, and what explains
 * a key by comparing parts cannot miss anything: two actions have equal keys exactly if they have equal
 * parts.
 *
 * To add something to keys: add its type to {@link KeyPart}, have {@link partsOf} yield it (only when
 * the feature is used, for `test/key-stability.test.ts` pins the keys of everything else), and follow
 * the compiler to the other places: where it is written, how it is read again, what people call it.
 * What has no field of its own in REAPI becomes a line of the salt. What must not be in a key has no part;
 * if its presence counts, a line of `graph/unkeyed.ts` says so, and is a part without further ado.
 *
 * @module
 */
import { relativeTo, type ArtifactPath } from "../artifact/path.ts";
import { compareCodePoints, sortedBy } from "../base/order.ts";
import { digestBytes, type Digest } from "../digest/digest.ts";
import { encodeAction, encodeCommand, type ActionKey, type NameValue } from "../graph/action.ts";
import type { CommandSpec } from "../graph/command.ts";
import { inputTools } from "../graph/placed-tool.ts";
import { unkeyedLines } from "../graph/unkeyed.ts";

/**
 * Version of all that turns a stage call into a key. A change here, in the encoding of messages, or
 * in what runners promise re-runs every stage of every user: see `test/key-stability.test.ts`.
 */
export const keyVersion = "ashlar-1";

/** One thing that a key depends on. Parts of a type are told apart by their names. */
export interface KeyPart {
  readonly type: PartType;
  readonly name: string;
  readonly value: string;
}

/** What a part is about. */
export type PartType =
  /** A word of the command. Its name is its position, from 0. */
  | "argument"
  /** A declared variable of the environment. */
  | "variable"
  /** Where the command starts: a path in the input root. It has no name. */
  | "working-directory"
  /** An output. Its name is its path in the input root; it has no value. */
  | "output"
  /** A property of the runner's platform. */
  | "platform"
  /** The digest of the input root, with all inputs in it. It has no name. */
  | "input-root"
  /** {@link keyVersion}. It has no name. */
  | "recipe"
  /** Which programs are on `PATH`: `system` or `declared`. It has no name. */
  | "path"
  /** The command may fail, and its exit code is an output. It has neither name nor value. */
  | "attempt"
  /** The command has effects outside: no result is kept under its key. It has neither name nor value. */
  | "side-effects"
  /** A tool of the host; its value tells versions apart. */
  | "tool"
  /** A tool of the input root; its value is its path there. */
  | "input-tool"
  /** Something that the command sees and no key holds: a line of `unkeyedLines`. It has no value. */
  | "unkeyed";

/** A tool, and what tells its versions apart. */
export interface ToolIdentity {
  readonly name: string;
  readonly identity: string;
}

/** What an action is made of. */
export interface Ingredients {
  readonly command: CommandSpec;
  /** In the order of their names. */
  readonly tools: readonly ToolIdentity[];
  readonly platform: readonly NameValue[];
  /** `undefined` when it is not known yet: then there is no part for it, and no key. */
  readonly inputRoot: Digest | undefined;
}

/** The parts of an action, in the one order that they have. */
export function partsOf({ command, tools, platform, inputRoot }: Ingredients): KeyPart[] {
  const { argv, env, cwd, outputs } = command;
  const parts: KeyPart[] = [];
  const add = (type: PartType, name: string, value: string): void => {
    parts.push({ type, name, value });
  };
  for (const [at, word] of argv.entries()) add("argument", String(at), word);
  for (const name of Object.keys(env).toSorted(compareCodePoints)) {
    add("variable", name, env[name] ?? "");
  }
  add("working-directory", "", cwd);
  for (const { path } of sortedBy(outputs, (output) => output.path)) add("output", path, "");
  const properties = platform.toSorted(
    (a, b) => compareCodePoints(a.name, b.name) || compareCodePoints(a.value, b.value),
  );
  for (const { name, value } of properties) add("platform", name, value);
  add("recipe", "", keyVersion);
  add("path", "", command.tools === undefined ? "system" : "declared");
  if (command.isAttempt) add("attempt", "", "");
  if (command.run.hasSideEffects) add("side-effects", "", "");
  for (const { name, identity } of tools) add("tool", name, identity);
  for (const { name, path } of inputTools(command.tools)) add("input-tool", name, path);
  for (const line of unkeyedLines(command)) add("unkeyed", line, "");
  if (inputRoot !== undefined) add("input-root", "", inputRoot);
  return parts;
}

/** The messages that parts make up. */
export interface ActionMessages {
  /** A REAPI `Command`. */
  readonly command: Buffer;
  /** A REAPI `Action`. */
  readonly action: Buffer;
  /** The digest of the action. */
  readonly key: ActionKey;
}

/** Writes the canonical messages. */
export function encodeParts(parts: readonly KeyPart[]): ActionMessages {
  const args: string[] = [];
  const env: NameValue[] = [];
  const platform: NameValue[] = [];
  const outputs: string[] = [];
  const salt: string[] = [];
  let workingDirectory = "";
  let inputRoot = "";
  let doNotCache = false;
  for (const part of parts) {
    switch (part.type) {
      case "argument":
        args.push(part.value);
        break;
      case "variable":
        env.push(part);
        break;
      case "working-directory":
        workingDirectory = part.value;
        break;
      case "output":
        outputs.push(part.name);
        break;
      case "platform":
        platform.push(part);
        break;
      case "input-root":
        inputRoot = part.value;
        break;
      // Each part is one line that no other part has, without breaks.
      case "recipe":
        salt.push(part.value);
        break;
      case "path":
        salt.push(`path ${part.value}`);
        break;
      case "attempt":
        salt.push("attempt");
        break;
      case "side-effects":
        doNotCache = true;
        break;
      case "tool":
        salt.push(toolLine({ name: part.name, identity: part.value }));
        break;
      case "input-tool":
        salt.push(`input-tool ${JSON.stringify(part.name)} ${JSON.stringify(part.value)}`);
        break;
      case "unkeyed":
        salt.push(part.name);
        break;
    }
  }
  const command = encodeCommand({
    arguments: args,
    env,
    // Last, because they depend on it: the message has them relative to it.
    outputPaths: outputs.map((path) =>
      relativeTo(path as ArtifactPath, workingDirectory as ArtifactPath),
    ),
    workingDirectory,
    platform,
  });
  const action = encodeAction({
    commandDigest: digestBytes(command),
    inputRootDigest: inputRoot as Digest,
    salt: salt.join("\n"),
    platform,
    doNotCache,
  });
  return { command, action, key: digestBytes(action) };
}

/** What a key has to say of a tool, in one line. */
export function toolLine({ name, identity }: ToolIdentity): string {
  // Any name that could be mistaken for two, or for the text behind it.
  const shown = /["\n]/.test(name) ? JSON.stringify(name) : name;
  return `tool ${shown} ${JSON.stringify(identity)}`;
}
