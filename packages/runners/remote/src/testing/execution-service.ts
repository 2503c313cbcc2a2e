/**
 * `Execution` of a server in memory: calls a function for each action.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { readDigest, readFields, type ActionKey, type Digest } from "@ashlar/core";
import type * as grpc from "@grpc/grpc-js";

import { deferred } from "../reapi/deferred.ts";
import {
  decodeExecute,
  decodeOperationName,
  encodeOperation,
  type ExecuteResponse,
  type ExecutionStage,
  type Operation,
} from "../reapi/messages/execution.ts";
import type { Status } from "../reapi/messages/status.ts";
import type { Content } from "./content.ts";
import type { MethodName } from "./faults.ts";
import {
  asServiceError,
  checkInstance,
  Refusal,
  suffer,
  unary,
  type Ground,
  type Handlers,
} from "./service.ts";

/** An action that is to be executed. */
export interface ExecuteCall {
  readonly key: ActionKey;
  /** The bytes of the `Action` and of its `Command`. */
  readonly action: Buffer;
  readonly command: Buffer;
  /** Where its inputs are, and its outputs go. */
  readonly content: Content;
  /** Aborted when the operation is cancelled. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Executed {
  /** The bytes of an `ActionResult`; none when the action could not be executed. */
  readonly result?: Uint8Array;
  /** Whether the result is kept. @defaultValue true */
  readonly isKept?: boolean;
  readonly status?: Status;
  readonly message?: string;
  /** How the operation fails instead, as few services say it. */
  readonly error?: Status;
  /** Whether the operation is done without any response. @defaultValue false */
  readonly isUnanswered?: boolean;
}

/** Executes an action. */
export type Execute = (call: ExecuteCall) => Promise<Executed> | Executed;

/** An execution, of which any number of clients want to know. */
interface Running {
  readonly name: string;
  readonly controller: AbortController;
  readonly done: Promise<Operation>;
}

/** Handlers of `Execution` and of `Operations`. */
export function executionService(ground: Ground, execute: Execute | undefined): Handlers {
  const { content, behaviour } = ground;
  const byName = new Map<string, Running>();
  const byKey = new Map<ActionKey, Running>();

  const begin = (key: ActionKey): Running => {
    const name = `operations/${randomUUID()}`;
    const controller = new AbortController();
    const run = async (): Promise<Operation> => {
      const end = await respond(ground, key, execute, controller.signal);
      return { name, isDone: true, ...end };
    };
    const running = { name, controller, done: run().finally(() => byKey.delete(key)) };
    byName.set(name, running);
    byKey.set(key, running);
    return running;
  };

  return {
    execute: streaming(ground, "execute", async (call) => {
      const { instance, key, skipCacheLookup } = decodeExecute(call.request);
      checkInstance(ground, instance);
      if (execute === undefined) throw new Refusal("UNIMPLEMENTED", "nothing is executed here");
      const result = skipCacheLookup ? undefined : content.results.get(key);
      if (result !== undefined) {
        const name = `operations/${randomUUID()}`;
        call.write(encodeOperation({ name, isDone: true, response: answered(result, true) }));
        return;
      }
      if (behaviour.missingInputs === "precondition") checkInputs(ground, key);
      await follow(ground, call, byKey.get(key) ?? begin(key));
    }),
    waitExecution: streaming(ground, "waitExecution", async (call) => {
      const running = byName.get(decodeOperationName(call.request));
      if (running === undefined) throw new Refusal("NOT_FOUND", "no such operation");
      await follow(ground, call, running);
    }),
    cancelOperation: unary(ground, "cancelOperation", (request) => {
      const running = byName.get(decodeOperationName(request));
      if (running === undefined) throw new Refusal("NOT_FOUND", "no such operation");
      running.controller.abort(new Error("cancelled"));
      return Buffer.alloc(0);
    }),
  };
}

type Stream = grpc.ServerWritableStream<Buffer, Buffer>;

function streaming(
  ground: Ground,
  method: MethodName,
  answer: (call: Stream) => Promise<void>,
): grpc.UntypedHandleCall {
  return ((call: Stream) => {
    const run = async (): Promise<void> => {
      const fault = ground.faults.of(method, call.metadata);
      await suffer(fault);
      // A stream that breaks after its first message is one with `afterBytes`.
      if (fault?.afterBytes === undefined) return answer(call);
      const broken = deferred<never>();
      const { status = "UNAVAILABLE", message = "broken off" } = fault;
      const write = call.write.bind(call);
      call.write = (...words: Parameters<typeof write>) => {
        setImmediate(() => broken.reject(new Refusal(status, message)));
        return write(...words);
      };
      await Promise.race([answer(call), broken.promise]);
    };
    run().then(
      () => call.end(),
      (error: unknown) => call.emit("error", asServiceError(ground, error)),
    );
  }) as grpc.UntypedHandleCall;
}

/** Tells a client how an execution goes, to its end. */
async function follow({ behaviour }: Ground, call: Stream, running: Running): Promise<void> {
  const { name, done } = running;
  const tell = (stage: ExecutionStage): void => {
    const progress = { stage, stdoutStream: "", stderrStream: "" };
    call.write(
      encodeOperation({ name, isDone: false, ...(behaviour.tellsStages && { progress }) }),
    );
  };
  tell("queued");
  tell("executing");
  const operation = await done;
  const progress = { stage: "completed", stdoutStream: "", stderrStream: "" } as const;
  call.write(encodeOperation({ ...operation, ...(behaviour.tellsStages && { progress }) }));
}

async function respond(
  ground: Ground,
  key: ActionKey,
  execute: Execute | undefined,
  signal: AbortSignal,
): Promise<Pick<Operation, "error" | "response">> {
  const { content } = ground;
  const missing = missingOf(content, key);
  if (missing.length > 0) {
    const message = `blob not found: ${missing.join(", ")}`;
    return { response: failedWith({ status: "NOT_FOUND", message, violations: [] }) };
  }
  const action = content.get(key) ?? Buffer.alloc(0);
  const command = content.get(digestAt(action, 1) ?? key) ?? Buffer.alloc(0);
  try {
    const done = await execute?.({ key, action, command, content, signal });
    const { result, status, message = "", isKept = true, error, isUnanswered } = done ?? {};
    if (error !== undefined) return { error };
    if (isUnanswered === true) return {};
    if (result !== undefined && isKept) content.results.set(key, Buffer.from(result));
    const bytes = result && Buffer.from(result);
    const response = { result: bytes, wasCached: false, status, serverLogs: new Map(), message };
    return { response };
  } catch (error) {
    const status = signal.aborted ? "CANCELLED" : "INTERNAL";
    return { response: failedWith({ status, message: String(error), violations: [] }) };
  }
}

/** The spec's own way to say that inputs are missing. */
function checkInputs({ content }: Ground, key: ActionKey): void {
  const violations = missingOf(content, key).map((digest) => {
    return { type: "MISSING", subject: `blobs/${digest}`, description: "" };
  });
  if (violations.length === 0) return;
  throw new Refusal("FAILED_PRECONDITION", "inputs are missing", { violations });
}

/** The action, its command and its whole input tree, as far as they are not there. */
function missingOf(content: Content, key: ActionKey): Digest[] {
  const action = content.get(key);
  if (action === undefined) return [key];
  const missing = new Set<Digest>();
  const command = digestAt(action, 1);
  if (command !== undefined && !content.has(command)) missing.add(command);
  const pending = [digestAt(action, 2)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const directory = content.get(next);
    if (directory === undefined) missing.add(next);
    for (const { number, bytes } of readFields(directory ?? Buffer.alloc(0))) {
      const digest = digestAt(bytes, 2);
      if (number === 1 && digest !== undefined && !content.has(digest)) missing.add(digest);
      if (number === 2) pending.push(digest);
    }
  }
  return [...missing];
}

function answered(result: Buffer, wasCached: boolean): ExecuteResponse {
  return { result, wasCached, status: undefined, serverLogs: new Map(), message: "" };
}

function failedWith(status: Status): ExecuteResponse {
  return { result: undefined, wasCached: false, status, serverLogs: new Map(), message: "" };
}

/** A `Digest` field of a message. */
function digestAt(message: Buffer, wanted: number): Digest | undefined {
  for (const { number, bytes } of readFields(message)) {
    if (number === wanted) return readDigest(bytes);
  }
  return undefined;
}
