/**
 * The mock runner: no process is started; what each stage gives is scripted by the test.
 *
 * Keys, store, scheduling and errors are the real ones, so a test sees what would be re-used, in which
 * order things run, and what happens when they fail. What a mock made can never pass for the real
 * thing: its platform is part of every key.
 *
 * @module
 */
import {
  BuildError,
  entryAt,
  mockOutputUndeclared,
  kindName,
  mockStageUnscripted,
  outputWrongKind,
  parsePath,
  secretFoundIn,
  walkTree,
  writeTree,
  type Action,
  type AnyStage,
  type ArtifactPath,
  type ContentStore,
  type Execution,
  type Kind,
  type NameValue,
  type RunContext,
  type Runner,
  type Stage,
  type TreeFiles,
  type Value,
} from "@ashlar/core";

/** Content of a scripted output: the bytes of a file, or the files of a tree by their paths. */
export type MockOutput<K extends Kind = Kind> = K extends "file" ? string | Uint8Array : TreeFiles;

/** Contents of a stage's outputs, by name. A check has none. */
export type MockOutputs<O> = [keyof O] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [N in keyof O]?: O[N] extends Kind ? MockOutput<O[N]> : MockOutput };

/** What a scripted command does. */
export interface MockResult<O = Readonly<Record<string, Kind>>> {
  /** What it writes. A declared output that is left out is missing, as if it was not written. */
  readonly outputs?: MockOutputs<O>;
  /** @defaultValue 0 */
  readonly exitCode?: number;
  /** What it prints. @defaultValue nothing */
  readonly stdout?: string;
  readonly stderr?: string;
}

/** One command that a build has asked for, with its inputs. */
export interface MockCall {
  /** Name of the stage. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working directory: a path in the input root, empty for the root itself. */
  readonly cwd: string;
  /**
   * The value of a secret. `argv` and `env` hold placeholders only.
   *
   * @throws {@link Error} when the command has no such secret.
   */
  readonly secret: (name: string) => string;
  /**
   * Absolute directory of a cache, by its path in the input root. A real one: read it, and write to it.
   *
   * @throws {@link Error} when the command has no cache there.
   */
  readonly cache: (path: string) => string;
  /** Aborted when the command should stop. */
  readonly signal: AbortSignal;
  /** Text of a file in the input root. Rejects when it is not there. */
  readonly text: (path: string) => Promise<string>;
  /** Paths of all files and links in the input root, sorted. */
  readonly list: () => Promise<string[]>;
}

/** A result, or what makes one. Called once for each command; it may wait for whatever it likes. */
export type MockScript<O = Readonly<Record<string, Kind>>> =
  | MockResult<O>
  | ((call: MockCall) => MockResult<O> | void | Promise<MockResult<O> | void>);

/** How the mock runner treats what nobody has scripted. */
export interface MockRunnerOptions {
  /**
   * What becomes of a stage without a script: it fails with `MOCK_STAGE_UNSCRIPTED`, or it succeeds and
   * leaves every output empty.
   *
   * @defaultValue "fail"
   */
  readonly onUnmatched?: "fail" | "succeed-empty";
}

/** A runner that follows scripts. */
export interface MockRunner extends Runner {
  /** Scripts a stage. The last script for it counts; one for the stage goes before one for its name. */
  on<I extends readonly unknown[], O>(stage: Stage<I, O>, script: MockScript<O>): this;
  /** Scripts every stage of a name. */
  on(name: string, script: MockScript): this;
  /** The commands that builds have asked for, in the order of their starts. */
  readonly calls: readonly MockCall[];
  /** Names of the stages of {@link MockRunner.calls}. */
  readonly names: readonly string[];
}

/** Makes a mock runner. */
export function mockRunner(options: MockRunnerOptions = {}): MockRunner {
  return new ScriptedRunner(options);
}

class ScriptedRunner implements MockRunner {
  readonly name = "mock";
  readonly hermeticity = "mock";
  readonly abilities = ["caches", "secrets"] as const;
  readonly platform: readonly NameValue[] = [{ name: "runner", value: "mock" }];
  readonly calls: MockCall[] = [];
  readonly #scripts = new Map<AnyStage | string, MockScript>();
  readonly #onUnmatched: "fail" | "succeed-empty";

  constructor({ onUnmatched = "fail" }: MockRunnerOptions) {
    this.#onUnmatched = onUnmatched;
  }

  get names(): readonly string[] {
    return this.calls.map(({ name }) => name);
  }

  on(stage: AnyStage | string, script: unknown): this {
    this.#scripts.set(stage, script as MockScript);
    return this;
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    const { content, signal, secrets, onLog } = context;
    const call = makeCall(action, context);
    this.calls.push(call);
    const script = this.#scriptOf(action);
    const startedAt = Date.now();
    const result = await until(signal, () =>
      typeof script === "function" ? script(call) : script,
    );
    const { outputs = {}, exitCode = 0, stdout = "", stderr = "" } = result ?? {};
    const values = await writeOutputs(action, content, outputs);
    const print = async (
      stream: "stdout" | "stderr",
      text: string,
    ): Promise<Execution["stdout"]> => {
      const shown = Buffer.from(secrets?.patterns.coverText(text) ?? text);
      if (text !== "") onLog(stream, shown);
      return await content.write(shown);
    };
    return {
      exitCode,
      endedBy: undefined,
      outputs: values,
      written: [...values.keys()].toSorted(),
      stdout: await print("stdout", stdout),
      stderr: await print("stderr", stderr),
      startedAt,
      finishedAt: Date.now(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #scriptOf(action: Action): MockScript {
    const script = this.#scripts.get(action.stage) ?? this.#scripts.get(action.name);
    if (script !== undefined) return script;
    if (this.#onUnmatched === "fail") {
      const names = [...this.#scripts.keys()].map((key) =>
        typeof key === "string" ? key : key.stageName,
      );
      throw mockStageUnscripted(action.name, names);
    }
    const empty = action.outputs.map(({ name, kind }) => [name, kind === "file" ? "" : {}]);
    return { outputs: Object.fromEntries(empty) as MockOutputs<Readonly<Record<string, Kind>>> };
  }
}

/** A plain object, so that a script can take it apart: `({ argv, text }) => ...`. */
function makeCall(action: Action, context: RunContext): MockCall {
  const { content, signal, secrets, caches } = context;
  const { name, argv, env, cwd, inputRoot } = action;
  const list = async (): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path, entry } of walkTree(content, inputRoot)) {
      if (entry.type !== "directory") paths.push(path);
    }
    return paths.toSorted();
  };
  const text = async (path: string): Promise<string> => {
    const entry = await entryAt(content, inputRoot, parsePath(path));
    if (entry?.type === "file") return (await content.read(entry.digest)).toString("utf8");
    const found = (await list()).join(", ");
    throw new Error(`the input root of \`${name}\` holds no file \`${path}\`; it holds: ${found}`);
  };
  const secret = (asked: string): string => {
    const value = secrets?.find(asked);
    if (value === undefined) throw new Error(`\`${name}\` has no secret \`${asked}\``);
    return value;
  };
  const cache = (path: string): string => {
    const place = action.caches.find((each) => each.path === parsePath(path));
    const directory = place && caches?.get(place.name);
    if (directory === undefined) throw new Error(`\`${name}\` has no cache at \`${path}\``);
    return directory;
  };
  return { name, argv, env, cwd, signal, text, list, secret, cache };
}

async function writeOutputs(
  action: Action,
  content: ContentStore,
  outputs: Readonly<Record<string, MockOutput | undefined>>,
): Promise<Map<ArtifactPath, Value>> {
  const values = new Map<ArtifactPath, Value>();
  for (const [name, written] of Object.entries(outputs)) {
    const output = action.outputs.find((declared) => declared.name === name);
    if (output === undefined) {
      throw mockOutputUndeclared(
        action.name,
        name,
        action.outputs.map((declared) => declared.name),
      );
    }
    if (written === undefined) continue;
    const value = await writeValue(content, written).catch((error: unknown) => {
      const isSecret = error instanceof BuildError && error.code === "SECRET_IN_OUTPUT";
      throw isSecret ? secretFoundIn(error, action, { root: "", output: output.path }) : error;
    });
    if (value.kind !== output.kind) {
      const [declared, found] = [kindName(output.kind), kindName(value.kind)];
      throw outputWrongKind(action.name, output.path, declared, found);
    }
    values.set(output.path, value);
  }
  return values;
}

async function writeValue(content: ContentStore, written: MockOutput): Promise<Value> {
  if (typeof written === "string" || written instanceof Uint8Array) {
    return { kind: "file", digest: await content.write(Buffer.from(written)), isExecutable: false };
  }
  return { kind: "tree", digest: await writeTree(content, written) };
}

/** What work gives, or a rejection as soon as the signal is aborted. */
async function until<T>(signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    // Work may have thrown at once; then nobody would catch the other rejection.
    signal.removeEventListener("abort", stop);
  }
}
