/**
 * Inputs: what a stage was called with, as its script finds it.
 *
 *     compile({ src, level: 2 })  ──▶  inputs: { src: contents }, params: { level: 2 }
 *
 * A script reads what its command could have read, and nothing else: of an artifact that the stage's body
 * has laid in part, only that part is there.
 *
 * @module
 */
import {
  argumentsOf,
  walkTree,
  type Action,
  type ArgumentPlace,
  type ArtifactPath,
  type Check,
  type ContentStore,
  type Digest,
  type File,
  type Gate,
  type Group,
  type Outputs,
  type Tree,
} from "@ashlar/core";

/** A file that a script can read. Rejects when the command was not given it. */
export interface MockFile {
  readonly bytes: () => Promise<Buffer>;
  /** As UTF-8. */
  readonly text: () => Promise<string>;
}

/** A tree that a script can read. */
export interface MockTree {
  /** Paths of all files and links in it that the command was given, sorted. */
  readonly list: () => Promise<string[]>;
  /** Content of the file at a path in it. Rejects when the command was not given one. */
  readonly bytes: (path: string) => Promise<Buffer>;
  /** As UTF-8. */
  readonly text: (path: string) => Promise<string>;
}

/** How deep types look for handles: a type may hold itself. */
type Depth = readonly [0, 0, 0, 0];

/** `true` if there is a handle in a type, else `never`. */
type Holds<T, D extends readonly unknown[] = Depth> = D extends readonly [unknown, ...infer Less]
  ? T extends Gate
    ? true
    : T extends string | number | boolean | bigint | symbol | null | undefined
      ? never
      : T extends (...args: never) => unknown
        ? never
        : T extends readonly (infer E)[]
          ? Holds<E, Less>
          : T extends object
            ? { [K in keyof T]: Holds<T[K], Less> }[keyof T]
            : never
  : never;

/** A value with contents in the places of handles. */
type Contents<T> = T extends File
  ? MockFile
  : T extends Tree
    ? MockTree
    : T extends Group<infer M>
      ? Contents<M>
      : T extends Outputs
        ? ContentsOf<{ [K in keyof T as K extends symbol | "after" ? never : K]: T[K] }>
        : T extends Check
          ? undefined
          : [Holds<T>] extends [never]
            ? T
            : ContentsOf<T>;

type ContentsOf<T> = { readonly [K in keyof T]: Contents<T[K]> };

type InputsIn<T> = T extends Gate | readonly unknown[]
  ? [Holds<T>] extends [never]
    ? undefined
    : Contents<T>
  : T extends object
    ? { readonly [K in keyof T as [Holds<T[K]>] extends [never] ? never : K]: Contents<T[K]> }
    : undefined;

type ParamsIn<T> = T extends Gate
  ? undefined
  : T extends readonly unknown[]
    ? [Holds<T>] extends [never]
      ? T
      : undefined
    : T extends object
      ? { readonly [K in keyof T as [Holds<T[K]>] extends [never] ? K : never]: T[K] }
      : T;

/**
 * What a script sees of the artifacts that its stage was called with: of the one argument, or a list of
 * them when the stage takes several. Those that are no artifacts are among the {@link MockParams}.
 */
export type MockInputs<I extends readonly unknown[]> = Each<I, { [K in keyof I]: InputsIn<I[K]> }>;

/** What a stage was called with besides artifacts: of the one argument, or a list with gaps. */
export type MockParams<I extends readonly unknown[]> = Each<I, { [K in keyof I]: ParamsIn<I[K]> }>;

/** Of stages that are scripted by name, nothing is known. */
type Each<
  I extends readonly unknown[],
  Mapped extends readonly unknown[],
> = number extends I["length"]
  ? unknown
  : I extends readonly []
    ? undefined
    : Mapped extends readonly [(infer Only)?]
      ? Only
      : Mapped;

/** The two halves of what a stage was called with. */
export interface Given {
  readonly inputs: unknown;
  readonly params: unknown;
}

/** Reads the arguments of an action. Contents are looked up when a script asks for them. */
export function givenTo(action: Action, content: ContentStore): Given {
  const args = argumentsOf(action, (place) => contentsOf(action, place, content));
  const inputs = args.map(inputsIn);
  const params = args.map(paramsIn);
  return args.length === 1 ? { inputs: inputs[0], params: params[0] } : { inputs, params };
}

/** What stands in the place of an artifact. Told apart from what else an argument may hold. */
class Readable {
  readonly list: (() => Promise<string[]>) | undefined;
  readonly bytes: (path?: string) => Promise<Buffer>;

  constructor(list: (() => Promise<string[]>) | undefined, bytes: Readable["bytes"]) {
    this.list = list;
    this.bytes = bytes;
  }

  readonly text = async (path?: string): Promise<string> =>
    (await this.bytes(path)).toString("utf8");
}

function contentsOf(action: Action, place: ArgumentPlace, content: ContentStore): Readable {
  let known: Promise<ReadonlyMap<string, Digest | undefined>> | undefined;
  const files = (): typeof known => (known ??= filesOf(action, place, content));
  const shown = `\`${place.name}\``;
  const bytes = async (path = ""): Promise<Buffer> => {
    const found = await files();
    const digest = found?.get(path.replace(/^\.\//, ""));
    if (digest !== undefined) return await content.read(digest);
    if (place.kind === "file") {
      throw new Error(`the command of \`${action.name}\` is not given ${shown}`);
    }
    const paths = [...(found?.keys() ?? [])].toSorted().join(", ") || "nothing";
    throw new Error(
      `the command of \`${action.name}\` is given no file \`${path}\` of ${shown}; of that it is given: ${paths}`,
    );
  };
  const list = async (): Promise<string[]> => [...((await files())?.keys() ?? [])].toSorted();
  return new Readable(place.kind === "tree" ? list : undefined, bytes);
}

/** The files and links of an artifact, by their paths in it, as far as they are in the input root. */
async function filesOf(
  { inputRoot }: Action,
  { pathOf }: ArgumentPlace,
  content: ContentStore,
): Promise<ReadonlyMap<string, Digest | undefined>> {
  const files = new Map<string, Digest | undefined>();
  for await (const { path, entry } of walkTree(content, inputRoot)) {
    if (entry.type === "directory") continue;
    const own = pathOf(path as ArtifactPath);
    if (own !== undefined) files.set(own, entry.type === "file" ? entry.digest : undefined);
  }
  return files;
}

function holdsContents(value: unknown): boolean {
  if (value instanceof Readable) return true;
  return isRecord(value) && Object.values(value).some(holdsContents);
}

/** The part of an argument that holds contents: of a plain record, its members that do. */
function inputsIn(argument: unknown): unknown {
  if (isMixed(argument)) return only(argument, holdsContents);
  return holdsContents(argument) ? argument : undefined;
}

/** The rest of it. */
function paramsIn(argument: unknown): unknown {
  if (isMixed(argument)) return only(argument, (value) => !holdsContents(value));
  return holdsContents(argument) ? undefined : argument;
}

/** True for a record, each member of which is one or the other. */
function isMixed(argument: unknown): argument is object {
  return isRecord(argument) && !Array.isArray(argument) && !(argument instanceof Readable);
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function only(record: object, isWanted: (value: unknown) => boolean): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => isWanted(value)));
}
