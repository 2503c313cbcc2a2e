/**
 * Building commands: every artifact and output gets its place, and every hole its text.
 *
 * @module
 */
import { isSameOrigin, nameOf } from "../artifact/artifact.ts";
import { isArtifact, state, type Artifact } from "../artifact/handle.ts";
import {
  isWithin,
  joinPath,
  parsePath,
  relativeTo,
  rootPath,
  type ArtifactPath,
} from "../artifact/path.ts";
import { notAHandle } from "../errors/catalogue.ts";
import { notInterpolable, templateSyntax } from "../errors/command-errors.ts";
import { outputTwice } from "../errors/output-errors.ts";
import { malformedPath, pathConflict } from "../errors/path-errors.ts";
import { cacheConflict } from "../errors/unkeyed-errors.ts";
import { cacheName, type Cache, type CachePlace } from "./cache.ts";
import {
  commandState,
  writableState,
  type Command,
  type CommandOptions,
  type CommandSpec,
  type EnvValue,
  type Mount,
  type Writable,
} from "./command.ts";
import type { FnSpec } from "./function-text.ts";
import { checkOutputName, isOut, outState, type Out, type OutputSpec } from "./out.ts";
import { placeTools } from "./placed-tool.ts";
import { runSpecOf, type RunSpec } from "./run-options.ts";
import { isSecret } from "./secret.ts";
import type { Tool } from "./tool.ts";
import { volatileText } from "./volatile.ts";
import { whereOf } from "./where.ts";
import { layWord, layWords, type Piece, type PlacedSecret, type Word } from "./word.ts";

/** Where interpolated artifacts lie, and where outputs of templates are written. */
const inputs = parsePath("in");
const outputs = parsePath("out");

const noVariables: Readonly<Record<string, never>> = Object.freeze({});
const noSecrets: readonly PlacedSecret[] = [];
const noCaches: readonly CachePlace[] = [];

/** Builds a command up: gives every artifact and output its place, in the order of their mention. */
export class CommandBuilder {
  readonly #cwd: ArtifactPath;
  readonly #env: Readonly<Record<string, EnvValue>>;
  readonly #options: CommandOptions;
  readonly #run: RunSpec;
  // Lists, not maps: a command has few of either, and a graph has many commands.
  readonly #mounts: Mount[] = [];
  readonly #outputs: OutputSpec[] = [];
  #caches: CachePlace[] | undefined;

  constructor(options: CommandOptions) {
    this.#options = options;
    this.#run = runSpecOf(options);
    this.#cwd = parsePath(options.cwd ?? "");
    this.#env = options.env ?? noVariables;
    const { root, outputs: declared } = options;
    if (root !== undefined) {
      for (const [path, laid] of Object.entries(root)) this.lay(path, laid);
    }
    if (declared === undefined) return;
    for (const [name, output] of Object.entries(declared)) {
      if (!isOut(output)) throw notAHandle(output, `output \`${name}\``);
      this.#declare(specOf(output, name, parsePath(output[outState].name)));
    }
  }

  /** The texts that a hole stands for: one, unless it is a list. */
  expand(hole: unknown): Piece[] {
    return Array.isArray(hole) ? hole.map((element) => this.piece(element)) : [this.piece(hole)];
  }

  /** Adds the texts that a hole stands for to a list. */
  expandInto(words: Word[], hole: unknown): void {
    if (!Array.isArray(hole)) words.push(this.piece(hole));
    else for (let at = 0; at < hole.length; at++) words.push(this.piece(hole[at]));
  }

  /** Gives an artifact a place of the caller's choice in the input root. */
  lay(place: string, laid: Artifact | Writable | Cache): void {
    const path = parsePath(place);
    const cache = cacheName(laid);
    if (cache !== undefined) return void (this.#caches ??= []).push({ name: cache, path });
    const isWritable = typeof laid === "object" && writableState in laid;
    const artifact: unknown = isWritable ? laid[writableState] : laid;
    if (!isArtifact(artifact)) throw notAHandle(artifact, `the input root's \`${path || "."}\``);
    const other = this.#mountAt(path);
    if (other !== undefined) throw pathConflict(path, nameOf(other.artifact), nameOf(artifact));
    if (path === rootPath && artifact[state].kind === "file") {
      throw notAHandle(artifact, "the input root's `.`, which must be a tree");
    }
    this.#mounts.push({ path, artifact, isWritable });
  }

  /** Completes the command. */
  build(
    words: readonly Word[],
    tools: readonly Tool[] | undefined = this.#options.tools,
    fn?: FnSpec,
  ): Command {
    const { argv, secrets } = layWords(words);
    let env: Record<string, string> | undefined;
    let volatile: Record<string, string> | undefined;
    for (const name in this.#env) {
      const unkeyed = volatileText(this.#env[name]);
      if (unkeyed === undefined) {
        (env ??= {})[name] = layWord(this.piece(this.#env[name]), name, secrets);
      } else (volatile ??= {})[name] = unkeyed;
    }
    for (let at = 0; at < argv.length; at++) {
      if (argv[at]?.includes("\0") === true) {
        throw templateSyntax(argv[0] ?? "", "an argument holds a NUL");
      }
    }
    // A list of the user's, who may go on to change it. Some of them have yet to be laid.
    const placed = tools && placeTools(tools, (artifact) => this.#place(artifact));
    const spec: CommandSpec = {
      argv,
      env: env ?? noVariables,
      volatile,
      secrets: secrets.length === 0 ? noSecrets : secrets,
      cwd: this.#cwd,
      // Lists that were pushed to have room for 17. Copies have no more than they need.
      mounts: this.#mounts.slice(),
      caches: this.#caches === undefined ? noCaches : this.#checkCaches(this.#caches),
      outputs: this.#outputs.slice(),
      run: this.#run,
      tools: placed,
      stablePath: this.#options.stablePath ?? false,
      isAttempt: false,
    };
    const where = whereOf(this.#options);
    // Nearly always none of it, and then nothing is copied.
    if (fn === undefined && where === undefined) return { [commandState]: spec };
    return { [commandState]: { ...spec, ...(fn && { fn }), ...(where && { where }) } };
  }

  /** The text that a hole stands for, which is not a list; or the secret that it is. */
  piece(hole: unknown): Piece {
    if (typeof hole === "string" || isSecret(hole)) return hole;
    if (typeof hole === "number") return String(hole);
    if (isOut(hole)) return relativeTo(this.#promise(hole), this.#cwd);
    if (isArtifact(hole)) return this.pathOf(hole);
    throw notInterpolable(hole);
  }

  /** Where an artifact lies, from the directory where the command starts. */
  pathOf(artifact: Artifact): string {
    return relativeTo(this.#place(artifact), this.#cwd);
  }

  /** Where an artifact lies. One that was not laid by hand gets a place under `in/`. */
  #place(artifact: Artifact): ArtifactPath {
    const { origin } = artifact[state];
    for (let at = 0; at < this.#mounts.length; at++) {
      const { path, artifact: laid } = this.#mounts[at] as Mount;
      if (isSameOrigin(laid[state].origin, origin)) return path;
    }
    const name = nameOf(artifact);
    let path = joinPath(inputs, name);
    for (let copy = 2; this.#mountAt(path) !== undefined; copy++) {
      path = joinPath(inputs, `${name}-${copy}`);
    }
    this.#mounts.push({ path, artifact, isWritable: false });
    return path;
  }

  #mountAt(path: ArtifactPath): Mount | undefined {
    for (let at = 0; at < this.#mounts.length; at++) {
      const mount = this.#mounts[at];
      if (mount?.path === path) return mount;
    }
    return undefined;
  }

  /** Where an output of a template goes. Mentioned twice, it is still one output. */
  #promise(output: Out): ArtifactPath {
    const { name, kind, path: below } = output[outState];
    if (below === "") throw malformedPath(name, "an output in a template needs a name");
    const path = joinPath(outputs, below);
    for (const known of this.#outputs) {
      if (known.path === path && known.name === name && known.kind === kind) return path;
    }
    this.#declare(specOf(output, name, path));
    return path;
  }

  /** A cache has its place for itself: no input and no output is there, below or, as an output, above. */
  #checkCaches(caches: readonly CachePlace[]): readonly CachePlace[] {
    for (const [at, { name, path }] of caches.entries()) {
      const meets = (other: ArtifactPath): boolean =>
        isWithin(other, path) || isWithin(path, other);
      const twin = caches.slice(0, at).find((other) => meets(other.path));
      if (twin !== undefined) throw cacheConflict(name, path, `cache \`${twin.name}\``, twin.path);
      const output = this.#outputs.find((other) => meets(other.path));
      if (output) throw cacheConflict(name, path, `output \`${output.name}\``, output.path);
      const mount = this.#mounts.find((other) => isWithin(other.path, path));
      if (mount) throw cacheConflict(name, path, nameOf(mount.artifact), mount.path);
      if (path === rootPath) throw cacheConflict(name, path, "the whole input root", path);
    }
    return caches;
  }

  #declare(output: OutputSpec): void {
    checkOutputName(output.name);
    for (const { path, name } of this.#outputs) {
      if (path === output.path) throw outputTwice(path, "path");
      if (name === output.name) throw outputTwice(name, "name");
    }
    this.#outputs.push(output);
  }
}

/** What is declared, under a name and at a place. */
function specOf(output: Out, name: string, path: ArtifactPath): OutputSpec {
  const { kind, isOptional, evenIfFailed } = output[outState];
  const spec = { name, kind, isOptional, path };
  return evenIfFailed ? { ...spec, evenIfFailed } : spec;
}
