/**
 * Calls: the commands that a build has asked for, as scripts and tests see them.
 *
 * @module
 */
import {
  entryAt,
  parsePath,
  walkTree,
  type Action,
  type ActionKey,
  type AnyStage,
  type Kind,
  type RunContext,
} from "@ashlar/core";

import { givenTo, type MockInputs, type MockParams } from "./inputs.ts";
import type { MockOut } from "./outputs.ts";

/** One command that a build has asked for, with its inputs. */
export interface MockCall<
  I extends readonly unknown[] = readonly unknown[],
  O = Readonly<Record<string, Kind>>,
> {
  /** Name of the stage. */
  readonly name: string;
  readonly stage: AnyStage;
  readonly key: ActionKey;
  /** Number of the call among those of its stage on this runner: 1 for the first. */
  readonly nth: number;
  /** The artifacts that the stage was called with, to be read. */
  readonly inputs: MockInputs<I>;
  /** What else the stage was called with. */
  readonly params: MockParams<I>;
  /** The outputs that the stage declares, to be written. */
  readonly out: MockOut<O>;
  /** Prints, as the command would. */
  readonly print: (text: string, stream?: "stderr" | "stdout") => void;
  /**
   * Takes time, in milliseconds, as `durationMs` of a result does; `Infinity` hangs until the command is stopped,
   * and then rejects, as any other.
   */
  readonly sleep: (ms: number) => Promise<void>;
  /**
   * What a promise gives that others in the build will settle: meanwhile, time on a virtual clock may pass. It stands
   * still while a script awaits anything else. Rejects when the command is stopped.
   *
   * @param name - What it is, for who reads why a build hangs. @defaultValue "another"
   */
  readonly waitFor: <T>(what: Promise<T>, name?: string) => Promise<T>;
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

/** What of a call the runner holds. */
export type CallParts = Pick<MockCall, "nth" | "out" | "print" | "sleep" | "waitFor">;

/** When a call began and was over: numbers that only their order tells something by, on one runner. */
export interface CallOrder {
  readonly begun: number;
  /** Absent while it is under way. */
  over?: number;
}

const orders = new WeakMap<MockCall, CallOrder>();

/** Notes when a call begins. What is returned is to be told when it is over. */
export function beginCall(call: MockCall, begun: number): CallOrder {
  const order: CallOrder = { begun };
  orders.set(call, order);
  return order;
}

/** When a call of a mock runner began and was over; `undefined` of anything else. */
export function orderOf(call: MockCall): CallOrder | undefined {
  return orders.get(call);
}

/** A plain object, so that a script can take it apart: `({ inputs, out }) => ...`. */
export function makeCall(action: Action, context: RunContext, parts: CallParts): MockCall {
  const { content, signal, secrets, caches } = context;
  const { name, stage, key, argv, env, cwd, inputRoot } = action;
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
  const { inputs, params } = givenTo(action, content);
  const command = { name, stage, key, argv, env, cwd };
  return { ...command, ...parts, inputs, params, signal, text, list, secret, cache };
}
