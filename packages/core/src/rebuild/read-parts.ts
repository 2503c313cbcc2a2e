/**
 * Reading parts: the messages of an action become the key parts that they were written from.
 *
 * Whoever holds the messages of an earlier action can so compare it with another one, part by part.
 *
 * @module
 */
import { joinPath, parsePath, type ArtifactPath } from "../artifact/path.ts";
import { compareCodePoints } from "../base/order.ts";
import { malformedMessage } from "../errors/catalogue.ts";
import { decodeAction, decodeCommand } from "../graph/action.ts";
import type { ActionMessages, KeyPart, PartType } from "./key-parts.ts";

/**
 * The parts of an action, as `partsOf` gave them.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the messages cannot be read.
 */
export function decodeParts(messages: Pick<ActionMessages, "action" | "command">): KeyPart[] {
  const command = decodeCommand(messages.command);
  const action = decodeAction(messages.action);
  const parts: KeyPart[] = [];
  const add = (type: PartType, name: string, value: string): void => {
    parts.push({ type, name, value });
  };
  for (const [at, word] of command.arguments.entries()) add("argument", String(at), word);
  for (const { name, value } of command.env) add("variable", name, value);
  const cwd = parsePath(command.workingDirectory);
  add("working-directory", "", cwd);
  const outputs = command.outputPaths.map((path) => fromDirectory(cwd, path));
  for (const path of outputs.toSorted(compareCodePoints)) add("output", path, "");
  for (const { name, value } of command.platform) add("platform", name, value);
  const [recipe = "", ...lines] = action.salt.split("\n");
  add("recipe", "", recipe);
  const salted = lines.map(readLine);
  const tail = salted.findIndex(({ type }) => type !== "path" && type !== "attempt");
  parts.push(...salted.slice(0, tail === -1 ? undefined : tail));
  if (action.doNotCache === true) add("side-effects", "", "");
  if (tail !== -1) parts.push(...salted.slice(tail));
  add("input-root", "", action.inputRootDigest);
  return parts;
}

/** The part that a line of the salt stands for, but for the first. */
function readLine(line: string): KeyPart {
  if (line === "attempt") return { type: "attempt", name: "", value: "" };
  if (line.startsWith("path ")) return { type: "path", name: "", value: line.slice(5) };
  const [, type, name, value] =
    /^(tool|input-tool) ("(?:[^"\\]|\\.)*"|[^"]*) (".*")$/.exec(line) ?? [];
  if (name === undefined || value === undefined) return { type: "unkeyed", name: line, value: "" };
  const shown = name.startsWith('"') ? readText(name) : name;
  return { type: type as "input-tool" | "tool", name: shown, value: readText(value) };
}

function readText(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    throw malformedMessage("a line of the salt is cut short");
  }
}

/** The path in the input root that is written so from a directory in it. */
function fromDirectory(directory: ArtifactPath, written: string): ArtifactPath {
  let base: string[] = directory === "" ? [] : directory.split("/");
  const below: string[] = [];
  for (const segment of written.split("/")) {
    if (segment === "..") base = base.slice(0, -1);
    else if (segment !== ".") below.push(segment);
  }
  return joinPath(parsePath(base.join("/")), below.join("/"));
}
