/**
 * Executions: one action on a service, followed to its end over broken streams.
 *
 *     Execute ──▶ operation ──▶ … ──▶ done
 *        ▲            │ broken: WaitExecution(name)
 *        └─ unknown ──┘ cancelled: CancelOperation(name), and on to its end
 *
 * A service goes on when nobody listens, so whoever wants an execution to end must say so, and wait until it has.
 *
 * @module
 */
import { hashOf, type ActionKey, type Clock } from "@ashlar/core";

import type { Connection } from "../reapi/connect.ts";
import {
  decodeOperation,
  encodeExecute,
  encodeOperationName,
  type ExecuteResponse,
  type ExecutionProgress,
  type Operation,
} from "../reapi/messages/execution.ts";
import {
  encodeRequestMetadata,
  requestMetadataHeader,
} from "../reapi/messages/request-metadata.ts";
import { okStatus, type Status, type StatusName } from "../reapi/messages/status.ts";
import { methods } from "../reapi/methods.ts";
import { toolVersion } from "../reapi/tool-version.ts";
import { RpcError, type RpcOptions } from "../reapi/transport.ts";
import { Backoff } from "./backoff.ts";
import { Pulse, type PulseTimes } from "./pulse.ts";

/** How long a service may take to end what was cancelled, in milliseconds. */
const cancelMs = 30_000;

/** How often a service may begin an action and know nothing of it afterwards: that may be what the action does to it. */
const maxForgotten = 5;

/** Failures of a stream that say nothing of the action. */
const passing: ReadonlySet<StatusName> = new Set([
  ...["CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL", "UNAVAILABLE"],
  "RESOURCE_EXHAUSTED",
] as const);

/** What is to be executed, and how it is followed. */
export interface ExecutionRequest {
  readonly key: ActionKey;
  /** Name of its stage. */
  readonly name: string;
  readonly skipCacheLookup: boolean;
  readonly priority: number;
  /** Whether it must not be executed twice, not even when nobody can say what became of the first time. */
  readonly isOnce: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ExecutionProgress | undefined) => void;
}

/** How an execution ended: not what the command's exit code was. */
export interface ExecutionEnd {
  readonly status: Status;
  readonly response: ExecuteResponse | undefined;
  /** Whether the service was asked to execute, so that it may have done so. */
  readonly mayHaveRun: boolean;
  /** Why nothing is known of it: the service could not be asked, or did not answer, and that may be otherwise next time. */
  readonly outage: RpcError | undefined;
}

/** Executes actions on one service. */
export class Executions {
  readonly #connection: Connection;
  readonly #invocationId: string;
  readonly #pulse: Pulse;

  /** @param invocationId - One for all actions of a runner: services divide their workers fairly by it. */
  constructor(connection: Connection, invocationId: string, times?: PulseTimes) {
    this.#connection = connection;
    this.#invocationId = invocationId;
    this.#pulse = new Pulse(connection, times);
  }

  /**
   * Executes an action, and resolves with how that ended, also when the service could not be asked. When it is aborted,
   * it rejects with the signal's reason, once the service has ended it, or has been given time to.
   */
  async execute(request: ExecutionRequest): Promise<ExecutionEnd> {
    request.signal.throwIfAborted();
    const run = new Run(this.#connection, this.#pulse, this.#headersOf(request), request);
    return await run.toItsEnd();
  }

  /** Whether the service answers anything at all. Rejects never. */
  async isThere(): Promise<boolean> {
    return await this.#pulse.isThere();
  }

  #headersOf({ key, name: mnemonic }: ExecutionRequest): Readonly<Record<string, Uint8Array>> {
    const about = { actionId: hashOf(key), mnemonic, invocationId: this.#invocationId };
    return { [requestMetadataHeader]: encodeRequestMetadata({ toolVersion, ...about }) };
  }
}

/** One execution. */
class Run {
  readonly #connection: Connection;
  readonly #pulse: Pulse;
  readonly #headers: Readonly<Record<string, Uint8Array>>;
  readonly #request: ExecutionRequest;
  /** Ends streams: not at once when the execution is called off, for the service has to end it first. */
  readonly #streams = new AbortController();
  /** Of the operation; empty as long as the service has not said it. */
  #name = "";
  #mayHaveRun = false;
  #isCancelling = false;
  #isListening = false;
  /** Whether the last stream broke. */
  #isBroken = false;

  constructor(
    connection: Connection,
    pulse: Pulse,
    headers: Readonly<Record<string, Uint8Array>>,
    request: ExecutionRequest,
  ) {
    this.#connection = connection;
    this.#pulse = pulse;
    this.#headers = headers;
    this.#request = request;
  }

  async toItsEnd(): Promise<ExecutionEnd> {
    const { signal, clock } = this.#request;
    let callOff = (): void => {};
    const stop = (): void => {
      callOff = clock.after(cancelMs, () => this.#streams.abort(signal.reason));
      // Between two tries there is nothing to be ended.
      if (this.#name === "" && !this.#isListening) this.#streams.abort(signal.reason);
      else this.#cancel();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      const end = await this.#follow();
      signal.throwIfAborted();
      return end;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      callOff();
      signal.removeEventListener("abort", stop);
    }
  }

  async #follow(): Promise<ExecutionEnd> {
    const { clock, isOnce, signal } = this.#request;
    const backoff = new Backoff(clock, this.#streams.signal);
    for (let forgotten = 0; ;) {
      const nameBefore = this.#name;
      try {
        this.#isListening = true;
        const done = await this.#listen(() => backoff.reset());
        if (done !== undefined) return this.#endOf(done);
        throw new RpcError({ status: "UNAVAILABLE", message: "the stream ended early" });
      } catch (error) {
        this.#isListening = false;
        this.#isBroken = true;
        if (!(error instanceof RpcError)) throw error;
        // What was to be ended is not known any more, or was never begun: so it has ended.
        if (signal.aborted && (error.status === "NOT_FOUND" || this.#name === ""))
          throw signal.reason;
        const isForgotten = error.status === "NOT_FOUND" && nameBefore !== "";
        if (isForgotten) {
          this.#name = "";
          if (++forgotten === maxForgotten) return this.#endOf({ error: forgottenOften });
        }
        const mustStay = isOnce && this.#mayHaveRun && this.#name === "";
        const isPassing = isForgotten || passing.has(error.status);
        if (!isPassing || mustStay || !(await backoff.wait(error.retryAfterMs))) {
          const mayHaveRun = this.#mayHaveRun;
          const outage = isPassing ? error : undefined;
          return { status: statusOf(error), response: undefined, mayHaveRun, outage };
        }
      }
    }
  }

  /** Listens to one stream. Resolves with the operation when that is done; `undefined` when the stream ends before. */
  async #listen(onMessage: () => void): Promise<Operation | undefined> {
    const { transport, instance } = this.#connection;
    const { key, skipCacheLookup, priority, onProgress } = this.#request;
    using watch = this.#pulse.keepWatch(this.#streams.signal, this.#isBroken);
    const options: RpcOptions = { signal: watch.signal, headers: this.#headers };
    const isKnown = this.#name !== "";
    if (!isKnown) this.#mayHaveRun = true;
    const operations = isKnown
      ? transport.serverStream(methods.waitExecution, encodeOperationName(this.#name), options)
      : transport.serverStream(
          methods.execute,
          encodeExecute({ instance, key, skipCacheLookup, priority }),
          options,
        );
    for await (const bytes of operations) {
      const operation = decodeOperation(bytes);
      watch.heard();
      this.#isBroken = false;
      onMessage();
      if (operation.name !== "") this.#name = operation.name;
      if (operation.isDone) return operation;
      if (this.#request.signal.aborted) this.#cancel();
      else onProgress(operation.progress);
    }
    return undefined;
  }

  /** Asks the service to end the operation, if its name is known by now. */
  #cancel(): void {
    if (this.#name === "" || this.#isCancelling) return;
    this.#isCancelling = true;
    const { signal } = this.#streams;
    const { transport } = this.#connection;
    const options: RpcOptions = { signal, headers: this.#headers, timeoutMs: cancelMs };
    const asked = transport.unary(
      methods.cancelOperation,
      encodeOperationName(this.#name),
      options,
    );
    // A service that ends nothing need not be listened to.
    asked.catch(() => this.#streams.abort(this.#request.signal.reason));
  }

  #endOf({ error, response }: Pick<Operation, "error" | "response">): ExecutionEnd {
    const usual = response?.result === undefined ? lost : okStatus;
    const status = response?.status ?? error ?? usual;
    return { status, response, mayHaveRun: true, outage: undefined };
  }
}

const lost: Status = {
  status: "INTERNAL",
  message: "the operation is done, and has no result",
  violations: [],
};

const forgottenOften: Status = {
  status: "INTERNAL",
  message: `it has begun the operation, and forgotten it ${maxForgotten} times`,
  violations: [],
};

function statusOf({ status, message, violations, retryAfterMs }: RpcError): Status {
  return { status, message, violations, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
