/**
 * `sh`: commands from tagged templates.
 *
 * @module
 */
import { isArtifact } from "../artifact/handle.ts";
import { noCommand, templateSyntax } from "../errors/command-errors.ts";
import { secretProgram } from "../errors/unkeyed-errors.ts";
import { CommandBuilder } from "./command-builder.ts";
import type { Command, CommandOptions, Hole } from "./command.ts";
import type { Out } from "./out.ts";
import { hasTool } from "./placed-tool.ts";
import { renderScript } from "./script.ts";
import { splitWords } from "./template.ts";
import { tool } from "./tool.ts";
import type { Piece, Word } from "./word.ts";

/** Kinds of the outputs that stand in a template. */
export type OutputsIn<A extends readonly unknown[]> = {
  [O in Extract<A[number], Out> as NameOf<O>]: KindOf<O>;
};
/** Kinds of the outputs declared by name. */
export type OutputsOf<S extends Readonly<Record<string, Out>>> = { [N in keyof S]: KindOf<S[N]> };
type NameOf<O> = O extends Out<infer N> ? N : never;
type KindOf<O> = O extends Out<string, infer K> ? K : never;

/** A template tag that makes a command with the outputs `O`, and those in the template. */
export interface CommandTag<O> {
  <const A extends readonly Hole[]>(
    strings: TemplateStringsArray,
    ...holes: A
  ): Command<O & OutputsIn<A>>;
}

/** A template tag that can be given options first. */
export interface ConfigurableTag extends CommandTag<{}> {
  <const S extends Readonly<Record<string, Out>> = {}>(
    options: CommandOptions<S>,
  ): CommandTag<OutputsOf<S>>;
}

/** Makes commands from templates. */
export interface Sh extends ConfigurableTag {
  /**
   * A script for a real shell: `bash -euo pipefail -c`. The text is taken as it stands between the
   * backticks: a backslash is the shell's. Interpolations are handed over as arguments, and each stands
   * in the script as one quoted word.
   */
  readonly bash: ConfigurableTag;
}

type Render = (
  builder: CommandBuilder,
  strings: TemplateStringsArray,
  holes: readonly unknown[],
  options: CommandOptions,
) => Command;

/** The template is the argument list. */
const renderArgv: Render = (builder, strings, holes) => {
  const argv: Word[] = [];
  const words = splitWords(strings);
  // By index, here and wherever a graph is described: taking lists apart leaves an object for each step.
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? [];
    const only = word[0];
    if (word.length > 1) argv.push(joinParts(word, builder, strings, holes));
    else if (typeof only === "number") builder.expandInto(argv, holes[only]);
    else argv.push(only ?? "");
  }
  const program = argv[0] ?? "";
  if (program === "") throw noCommand();
  if (typeof program !== "string") throw secretProgram();
  const start = words[0]?.[0];
  const isInput = typeof start === "number" && isArtifact(holes[start]);
  // Named without a slash, an input at the top of the input root would be searched for on `PATH`.
  if (isInput && !program.includes("/")) argv[0] = `./${program}`;
  return builder.build(argv);
};

/** The template is a script, and its holes are the script's arguments. */
const renderBash: Render = (builder, strings, holes, { tools }) => {
  const values: Piece[] = [];
  const references = holes.map((hole) => ({
    isList: Array.isArray(hole),
    parameters: builder.expand(hole).map((value) => values.push(value)),
  }));
  const script = renderScript(shellText(strings), references);
  const argv = ["bash", "-euo", "pipefail", "-c", script, "bash", ...values];
  const isOwn = tools !== undefined && hasTool(tools, "bash");
  return builder.build(argv, isOwn ? tools : tools && [tool.host("bash"), ...tools]);
};

/**
 * The script as it is written: a backslash is the shell's, not JavaScript's. Only those that JavaScript
 * needs itself, before a backtick and before `${`, are taken away.
 */
function shellText({ raw }: TemplateStringsArray): readonly string[] {
  return raw.map((text) => text.replaceAll(/\\(`|\$\{)/g, "$1"));
}

/** A word that holds more than one hole, or text beside a hole. */
function joinParts(
  parts: readonly (string | number)[],
  builder: CommandBuilder,
  strings: readonly string[],
  holes: readonly unknown[],
): Word {
  let text = "";
  let pieces: Piece[] | undefined;
  for (const part of parts) {
    if (typeof part === "number" && Array.isArray(holes[part])) {
      throw templateSyntax(
        strings.join("${…}"),
        "a list touches other text, and it is not clear what should be repeated",
      );
    }
    const piece = typeof part === "string" ? part : builder.piece(holes[part]);
    if (pieces === undefined && typeof piece === "string") text += piece;
    else (pieces ??= [text]).push(piece);
  }
  return pieces ?? text;
}

function isTemplate(first: TemplateStringsArray | CommandOptions): first is TemplateStringsArray {
  return Array.isArray(first);
}

function tag(render: Render): ConfigurableTag {
  const none: CommandOptions = {};
  const withOptions =
    (options: CommandOptions) =>
    (strings: TemplateStringsArray, ...holes: readonly unknown[]): Command =>
      render(new CommandBuilder(options), strings, holes, options);
  const configurable = (
    first: TemplateStringsArray | CommandOptions,
    ...holes: unknown[]
  ): unknown =>
    isTemplate(first) ? render(new CommandBuilder(none), first, holes, none) : withOptions(first);
  return configurable as ConfigurableTag;
}

/**
 * Makes a command from a template of its arguments.
 *
 * Words are split when the command is made; an interpolation is always one word, or part of one, and is
 * never read again. An artifact stands for its path in the input root, and is thereby an input; an
 * output stands for the path to write to, and is thereby declared.
 *
 * @example
 * ```ts
 * const compile = stage("compile", ({ src }: { src: Tree }) =>
 *   sh`cc -O2 ${src}/main.c -o ${out.file("app")}`);
 * ```
 */
export const sh: Sh = Object.assign(tag(renderArgv), { bash: tag(renderBash) });
