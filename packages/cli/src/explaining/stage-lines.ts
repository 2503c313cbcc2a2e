/**
 * Stage lines: what decides about the result of a stage call, for people.
 *
 *     compile  hit
 *       key        c58caa6a3380
 *       made       2026-11-21 08:12:38 UTC by local/sandbox, in 204 ms
 *       command    cc -O2 -o out/app in/src/main.c
 *       input      in/src  source `src`, 3 files  eb8d6f9545e4
 *
 * @module
 */
import type { KeyInput, KeyPart } from "@ashlar/core";

import { shellLine } from "../captured/shell-words.ts";
import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { shownCount, shownTime } from "../shown.ts";
import type { ExplainedStage } from "./explained-stage.ts";

/** Letters of a digest that are shown. */
const maxDigest = 12;

/** Letters of a value that are shown. */
const maxValue = 100;

/** The lines of a stage. */
export function stageLines(explained: ExplainedStage, colors: Colors): readonly string[] {
  const { stage, status, reason, key, result, parts, inputs, files } = explained;
  const paint = { hit: colors.green, run: colors.yellow, unknown: colors.cyan }[status];
  const rows: (readonly [string, string])[] = [
    ["key", key === undefined ? "not known before its inputs are" : short(key)],
    ...(reason === "" ? [] : [["because", reason] as const]),
    ["result", resultText(result, key !== undefined)],
    ["command", short(shellLine(valuesOf(parts, "argument")), 4 * maxValue)],
    ...parts.flatMap((part) => rowsOf(part)),
    ...inputs.map((input) => ["input", inputText(input, files[input.path])] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `  ${colors.dim(name.padEnd(width))}  ${oneLine(text)}`);
  return [`${colors.bold(stage)}  ${paint(status)}`, ...lines];
}

function resultText(result: ExplainedStage["result"], hasKey: boolean): string {
  if (result === undefined) return hasKey ? "none in the store under this key" : "not looked up";
  const { ranBy, ranAt, durationMs } = result;
  const at = new Date(ranAt).toISOString().slice(0, 19).replace("T", " ");
  return `made ${at} UTC by ${ranBy}, in ${shownTime(durationMs)}`;
}

/** What a part is called; words of the command are shown together. */
function rowsOf({ type, name, value }: KeyPart): readonly (readonly [string, string])[] {
  switch (type) {
    case "argument":
      return [];
    case "variable":
      return [["variable", `${name}=${short(value, maxValue)}`]];
    case "working-directory":
      return value === "" ? [] : [["directory", value]];
    case "output":
      return [["output", name]];
    case "platform":
      return [["platform", `${name}=${value}`]];
    case "recipe":
      return [["recipe", value]];
    case "path":
      return [["programs", value === "system" ? "those of the system" : "declared tools only"]];
    case "attempt":
      return [["attempt", "it may fail"]];
    case "side-effects":
      return [["effects", "it has side effects, so no result is kept"]];
    case "tool":
      return [["tool", `${name}  ${short(value, maxValue)}`]];
    case "input-tool":
      return [["tool", `${name}  at ${value} in the input root`]];
    case "unkeyed":
      return [["without", `${name}: that it is there counts, and not its content`]];
    case "input-root":
      return [["all inputs", short(value)]];
  }
}

function inputText(
  { path, from, digest }: KeyInput,
  files: Readonly<Record<string, string>> | undefined,
): string {
  const count = files === undefined ? "" : `, ${shownCount(Object.keys(files).length, "file")}`;
  const content = digest === undefined ? "not known yet" : short(digest);
  return `${path === "" ? "." : path}  ${originText(from)}${count}  ${content}`;
}

/** Where an input comes from. */
export function originText(from: KeyInput["from"]): string {
  switch (from.type) {
    case "source":
      return `source \`${[from.location, from.path].filter(Boolean).join("/")}\``;
    case "text":
      return `text \`${from.name}\``;
    case "output":
      return `\`${from.output}\` of \`${from.stage}\``;
    case "unknown":
      return "put together";
  }
}

function valuesOf(parts: readonly KeyPart[], type: KeyPart["type"]): readonly string[] {
  return parts.filter((part) => part.type === type).map(({ value }) => value);
}

/** A digest by its first letters; another text cut where it becomes long. */
function short(text: string, most = maxDigest): string {
  if (/^[0-9a-f]{64}\/\d+$/.test(text)) return text.slice(0, maxDigest);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
