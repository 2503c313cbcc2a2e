/**
 * Execution on one service, from an action to what became of it.
 *
 *     earlier result? ─yes───────────────────────────────────────────▶ taken
 *          └─no─▶ upload what is missing ─▶ execute ─▶ outputs ───────▶ taken
 *                      ▲  inputs lost there ◀──┘  └──▶ lost there ─▶ execute once more
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { constants } from "node:os";

import {
  BuildError,
  systemClock,
  type Action,
  type Execution,
  type RunContext,
  type StagePhase,
} from "@ashlar/core";

import type { Connection } from "../reapi/connect.ts";
import type { ExecutionProgress } from "../reapi/messages/execution.ts";
import type { Status } from "../reapi/messages/status.ts";
import { Abilities } from "./abilities.ts";
import { Backoff } from "./backoff.ts";
import { DamagedRemotely, Downloads, LostRemotely } from "./download.ts";
import { inputsLost, outputsLost } from "./errors.ts";
import { Executions } from "./executions.ts";
import { decodeForeignResult, type ForeignResult } from "./foreign-result.ts";
import { Inputs } from "./inputs.ts";
import { Logs } from "./logs.ts";
import { LookUps } from "./look-ups.ts";
import { isComplete, takeOutputs } from "./outputs.ts";
import type { ExecutionCache } from "./persistent-cache.ts";
import { failureOf } from "./verdict.ts";

/** What a service made of an action. */
export interface RemoteExecution {
  readonly execution: Execution;
  /** What the result says of who ran it; empty when it says nothing. */
  readonly worker: string;
}

/** How a service is used. */
export interface ServiceOptions {
  readonly connection: Connection;
  readonly cache: ExecutionCache;
  readonly priority: number;
  /** How long it may take to say what it can do, with all tries, in milliseconds. */
  readonly askMs: number;
  /** Whether results that it has may be taken. */
  readonly reuse: boolean;
  /** Whether a result may be taken, by who made it. */
  readonly isTrusted: (worker: string) => boolean;
}

/** One service that executes actions. */
export class Service implements AsyncDisposable {
  readonly #options: ServiceOptions;
  readonly #executions: Executions;
  readonly #inputs: Inputs;
  readonly #downloads: Downloads;
  readonly #abilities: Abilities;
  readonly #lookUps: LookUps;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#executions = new Executions(options.connection, randomUUID());
    this.#inputs = new Inputs(options.cache);
    this.#downloads = new Downloads(options.cache);
    this.#lookUps = new LookUps(options.cache);
    this.#abilities = new Abilities(options.connection, options.askMs);
  }

  /**
   * Brings an action about.
   *
   * @throws {@link BuildError} `REMOTE_UNAVAILABLE`, `REMOTE_REFUSED`, `REMOTE_UNFIT`, `REMOTE_EXECUTION`,
   *   `RUNNER_UNABLE`, `STAGE_TIMED_OUT`, `COMMAND_NOT_FOUND`, `BLOB_LOST`. Rejects with the signal's reason.
   */
  async execute(action: Action, given: RunContext): Promise<RemoteExecution> {
    const context = { ...given, onPhase: changes(given.onPhase) };
    await this.#abilities.check(context.signal, context.clock ?? systemClock);
    let skipCacheLookup = !this.#options.reuse || context.mustExecute === true;
    if (!skipCacheLookup && !action.hasSideEffects) {
      const earlier = await this.#lookUps.find(action.key, context.signal);
      const taken = earlier && (await this.#takeEarlier(action, earlier, context));
      if (taken !== undefined) return taken;
      // What we cannot use, the service would give us once more.
      skipCacheLookup = earlier !== undefined;
    }
    for (;;) {
      await using logs = new Logs(this.#options.connection, context.onLog);
      const response = await this.#executed(action, context, { skipCacheLookup, logs });
      try {
        return await this.#take(action, response, { ...context, logs });
      } catch (error) {
        if (!(error instanceof LostRemotely)) throw error;
        if (skipCacheLookup || action.hasSideEffects) {
          if (error instanceof DamagedRemotely) throw error.error;
          throw outputsLost(this.#options.cache.name, action.name, error.digest);
        }
        skipCacheLookup = true;
      }
    }
  }

  /** Whether the service that executes answers anything at all. Rejects never. */
  async isThere(): Promise<boolean> {
    return await this.#executions.isThere();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.connection.transport[Symbol.asyncDispose]();
  }

  /** Takes what an earlier execution gave, if that is whole, and a success. */
  async #takeEarlier(
    action: Action,
    message: Buffer,
    context: RunContext,
  ): Promise<RemoteExecution | undefined> {
    await using logs = new Logs(this.#options.connection, context.onLog);
    try {
      const result = decodeForeignResult(message);
      const isSuccess = result.exitCode === 0 || action.isAttempt;
      const mustBeWhole = result.exitCode === 0;
      if (!isSuccess || (mustBeWhole && !isComplete(action, result))) return undefined;
      if (!this.#options.isTrusted(result.worker)) return undefined;
      return await this.#take(action, { result: message, message: "" }, { ...context, logs });
    } catch (error) {
      const isUseless = error instanceof BuildError && error.code === "MALFORMED_MESSAGE";
      if (isUseless || error instanceof LostRemotely) return undefined;
      throw error;
    }
  }

  /** Executes, and again as long as it may help. Resolves with a response that has a result. */
  async #executed(
    action: Action,
    context: RunContext,
    { skipCacheLookup, logs }: { readonly skipCacheLookup: boolean; readonly logs: Logs },
  ): Promise<Executed> {
    const { signal, onPhase } = context;
    const { priority, connection } = this.#options;
    const clock = context.clock ?? systemClock;
    const backoff = new Backoff(clock, signal);
    let hasProvidedAgain = false;
    onPhase?.("uploading");
    await this.#inputs.provide(action, context.content, signal);
    for (;;) {
      onPhase?.("queued");
      const isOnce = action.hasSideEffects;
      const end = await this.#executions.execute({
        ...{ key: action.key, name: action.name, skipCacheLookup, priority, isOnce, clock, signal },
        onProgress: (progress) => {
          onPhase?.(phaseOf(progress));
          if (progress !== undefined) logs.follow(progress);
        },
      });
      const { status, response } = end;
      const { result, message = "" } = response ?? {};
      if (status.status === "OK" && result !== undefined) return { result, message };
      if (mayLackInputs(status)) {
        if (hasProvidedAgain) throw inputsLost(connection.name, action.name, status.message);
        hasProvidedAgain = true;
        this.#inputs.forget();
        onPhase?.("uploading");
        const count = await this.#inputs.provide(action, context.content, signal, true);
        if (count > 0 || status.violations.length > 0) continue;
      }
      const mayPass = end.outage === undefined && passing.has(status.status) && !isOnce;
      if (mayPass && (await backoff.wait(status.retryAfterMs))) continue;
      throw failureOf(connection, action, end);
    }
  }

  async #take(
    action: Action,
    { result: bytes, message }: Executed,
    context: RunContext & { readonly logs: Logs },
  ): Promise<RemoteExecution> {
    const { content, logs, onPhase, signal } = context;
    const from = { downloads: this.#downloads, content, signal };
    const result = decodeForeignResult(bytes);
    onPhase?.("downloading");
    const stdout = await logs.keep("stdout", result.stdout, from);
    const stderr = await logs.keep("stderr", result.stderr, from);
    const { outputs, fault } = await takeOutputs(action, result, from);
    const remarks = [signalRemark(result.exitCode), message].filter(Boolean);
    const execution: Execution = {
      exitCode: result.exitCode,
      endedBy: undefined,
      ...{ outputs, fault, stdout, stderr, ...timesOf(result) },
      written: undefined,
      remark: remarks.join("; ") || undefined,
    };
    return { execution, worker: result.worker };
  }
}

/** The bytes of a result, and what the service has to say besides. */
interface Executed {
  readonly result: Buffer;
  readonly message: string;
}

/** Ends of an execution that say nothing of the next one. */
const passing: ReadonlySet<string> = new Set(["ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"]);

/** Some say which inputs are not there; some only that something is not. */
function mayLackInputs({ status, violations }: Status): boolean {
  if (status === "NOT_FOUND") return true;
  const isAll = violations.every(({ type }) => type === "MISSING");
  return status === "FAILED_PRECONDITION" && violations.length > 0 && isAll;
}

/** A service that says nothing of it may be executing. */
function phaseOf(progress: ExecutionProgress | undefined): StagePhase {
  const isWaiting = ["unknown", "cache check", "queued"].includes(progress?.stage ?? "");
  return isWaiting ? "queued" : "executing";
}

/** Tells of phases that are not as the one before. */
function changes(onPhase: RunContext["onPhase"]): (phase: StagePhase) => void {
  let before: StagePhase | undefined;
  return (phase) => {
    if (phase !== before) onPhase?.(phase);
    before = phase;
  };
}

/** By the service's clock, which only has to agree with itself. */
function timesOf({
  startedAt,
  finishedAt,
}: ForeignResult): Pick<Execution, "finishedAt" | "startedAt"> {
  const now = Date.now();
  if (startedAt === undefined || finishedAt === undefined || finishedAt < startedAt) {
    return { startedAt: now, finishedAt: now };
  }
  return { startedAt, finishedAt };
}

/** Services have only a number for a command that a signal ended, as shells do. */
function signalRemark(exitCode: number): string | undefined {
  const signal = Object.entries(constants.signals).find(([, number]) => number + 128 === exitCode);
  return (
    signal && `exit code ${exitCode} is what services report of a command that ${signal[0]} ended`
  );
}
