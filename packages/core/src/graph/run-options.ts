/**
 * Run options: how a command is to be run, as far as that decides nothing about what it gives.
 *
 * No option here is part of a key, with two exceptions: a command with side effects has a key of its own,
 * since its result is nobody else's; and so has one that may use the network, which no key holds.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { retryWithSideEffects } from "../errors/run-errors.ts";
import { checkRequest, usualRequest, type Amounts } from "./amounts.ts";
import type { RemarkReader } from "./remark.ts";

/** How often a failed command is run again, and when. */
export interface Retries {
  /** Runs after the first one, at most. */
  readonly times: number;
  /** How long to wait before the first of them, in milliseconds. @defaultValue 0 */
  readonly delayMs?: number;
  /** By what each further wait is longer than the one before: at least 1. @defaultValue 1 */
  readonly backoff?: number;
}

/** How a command is to be run. */
export interface RunOptions {
  /**
   * How long it may take, in milliseconds, laying out its inputs included; each run anew. Not part of the
   * key.
   *
   * @defaultValue no limit
   */
  readonly timeoutMs?: number;
  /**
   * How often it is run again, in a fresh place, when it fails, runs out of time or the runner breaks
   * down. What is wrong with its declaration, a missing output among it, is no reason. Not part of the
   * key.
   *
   * @defaultValue 0
   */
  readonly retries?: number | Retries;
  /**
   * Says that the command is there for its effect outside of the build, as a deployment is. It is run
   * once in every build that it is part of: its result is never kept, and it is never run again when it
   * fails.
   *
   * @defaultValue false
   */
  readonly sideEffects?: boolean;
  /**
   * Whether the command may use the network. Runners that can keep a command from it do so otherwise; what
   * it is sent is in no key, so fetch what can be pinned with `fetch`. That it may is part of the key.
   *
   * @defaultValue false
   */
  readonly network?: boolean;
  /**
   * How much it needs of what the build has: `{ cpu: 2, memory: 2 ** 30, db: 1 }`, in whole numbers.
   * Memory is in bytes; other names are those of the build's option `resources`. It starts when all of it
   * is there. Runners of containers keep it to the `cpu` and `memory` that it says here; others let it take
   * more. Not part of the key.
   *
   * @defaultValue one of `cpu`, to which nobody is kept
   */
  readonly resources?: Amounts;
  /**
   * Finds in what the command printed what is to be said of its run: for events, `report.why` and the end of a build. It is called
   * whenever a result is looked at, also in other processes and of runs elsewhere, so all that it may go by is its argument. Not part
   * of the key.
   *
   * @defaultValue nothing is said
   */
  readonly remarks?: RemarkReader;
}

/** What a command said that it needs, and may be kept to. */
export interface Limits {
  /** Processors. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
}

/** The same, checked. */
export interface RunSpec {
  readonly timeoutMs: number | undefined;
  readonly retries: Required<Retries> | undefined;
  readonly hasSideEffects: boolean;
  readonly hasNetwork: boolean;
  /** In the order of names. Only what it needs at least one of. */
  readonly resources: Amounts;
  readonly limits: Limits;
  readonly remarks: RemarkReader | undefined;
}

/** Of most commands. Shared: a graph has many commands. */
const plain: RunSpec = Object.freeze({
  timeoutMs: undefined,
  retries: undefined,
  hasSideEffects: false,
  hasNetwork: false,
  resources: usualRequest,
  limits: Object.freeze({}),
  remarks: undefined,
});

/** Longest time that a timer can wait, in milliseconds. */
export const longestMs: number = 2 ** 31 - 1;

/**
 * Checks how a command is to be run.
 *
 * @throws {@link BuildError} `INVALID_OPTION`; `RETRY_WITH_SIDE_EFFECTS`.
 */
export function runSpecOf(options: RunOptions): RunSpec {
  const { timeoutMs, retries, sideEffects, network, resources, remarks } = options;
  const given = [timeoutMs, retries, sideEffects, network, resources, remarks];
  if (given.every((option) => option === undefined)) return plain;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= longestMs)) {
    throw invalidOption(
      "timeoutMs",
      describe(timeoutMs),
      "in milliseconds, above 0 and below 2^31",
    );
  }
  if (remarks !== undefined && typeof remarks !== "function") {
    throw invalidOption("remarks", describe(remarks), "a function from a log to remarks");
  }
  const spec: RunSpec = {
    timeoutMs,
    retries: retries === undefined ? undefined : checkRetries(retries),
    hasSideEffects: checkFlag("sideEffects", sideEffects),
    hasNetwork: checkFlag("network", network),
    resources: resources === undefined ? usualRequest : checkRequest(resources),
    limits: resources === undefined ? plain.limits : limitsOf(resources),
    remarks,
  };
  if (spec.hasSideEffects && spec.retries !== undefined) {
    throw retryWithSideEffects(spec.retries.times);
  }
  return spec;
}

/** Of what somebody said himself. What needs nothing of a resource is not kept from it. */
function limitsOf({ cpu = 0, memory = 0 }: Amounts): Limits {
  return Object.freeze({ ...(cpu > 0 && { cpu }), ...(memory > 0 && { memory }) });
}

/** Nothing to run again is the same as no option at all. */
function checkRetries(retries: unknown): Required<Retries> | undefined {
  const given = typeof retries === "number" ? { times: retries } : retries;
  if (typeof given !== "object" || given === null) {
    throw invalidOption("retries", describe(retries), "a number, or an object with `times`");
  }
  const { times, delayMs = 0, backoff = 1 } = given as Partial<Retries>;
  const isCount = typeof times === "number" && Number.isInteger(times) && times >= 0;
  if (!isCount) throw invalidOption("retries", describe(times), "a whole number, at least 0");
  if (!(typeof delayMs === "number" && delayMs >= 0 && delayMs <= longestMs)) {
    throw invalidOption("delayMs", describe(delayMs), "in milliseconds, from 0 to below 2^31");
  }
  if (!(typeof backoff === "number" && backoff >= 1 && Number.isFinite(backoff))) {
    throw invalidOption("backoff", describe(backoff), "a factor, at least 1");
  }
  return times === 0 ? undefined : { times, delayMs, backoff };
}

function checkFlag(name: string, flag: unknown = false): boolean {
  if (typeof flag === "boolean") return flag;
  throw invalidOption(name, describe(flag), "`true` or `false`");
}
