/**
 * What the services of a server in memory have in common: how a call comes in, and how it fails.
 *
 * @module
 */
import type * as grpc from "@grpc/grpc-js";

import { encodeStatus, statusCode, type StatusName } from "../reapi/messages/status.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Content } from "./content.ts";
import type { Fault, Faults, MethodName } from "./faults.ts";

/** What a service works with. */
export interface Ground {
  readonly Metadata: typeof grpc.Metadata;
  readonly behaviour: Behaviour;
  readonly content: Content;
  readonly faults: Faults;
}

/** Handlers, by the names of their methods. */
export type Handlers = Partial<Readonly<Record<MethodName, grpc.UntypedHandleCall>>>;

/** A call that is refused. */
export class Refusal extends Error {
  readonly status: StatusName;
  readonly fault: Fault | undefined;

  constructor(status: StatusName, message: string, fault?: Fault) {
    super(message);
    this.status = status;
    this.fault = fault;
  }
}

/** A handler of one message for one. What it throws is the answer, too. */
export function unary(
  ground: Ground,
  method: MethodName,
  answer: (request: Buffer) => Promise<Buffer> | Buffer,
): grpc.handleUnaryCall<Buffer, Buffer> {
  return (call, reply) => {
    const run = async (): Promise<Buffer> => {
      await suffer(ground.faults.of(method, call.metadata));
      return answer(call.request);
    };
    run().then(
      (message) => reply(null, message),
      (error: unknown) => reply(asServiceError(ground, error)),
    );
  };
}

/** Does what a fault wants, before a call does anything. */
export async function suffer(fault: Fault | undefined): Promise<void> {
  if (fault === undefined) return;
  const { delayMs, hangs, status, message = "", afterBytes } = fault;
  if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (hangs === true) await new Promise(() => {});
  if (status !== undefined && afterBytes === undefined) throw new Refusal(status, message, fault);
}

/** An error as gRPC wants it. */
export function asServiceError(
  { Metadata }: Ground,
  error: unknown,
): Omit<Partial<grpc.StatusObject>, "code"> & { readonly code: number } {
  if (!(error instanceof Refusal)) return { code: statusCode("INTERNAL"), details: String(error) };
  const { status, message, fault: { retryAfterMs, violations = [] } = {} } = error;
  const metadata = new Metadata();
  if (retryAfterMs !== undefined || violations.length > 0) {
    const details = {
      status,
      message,
      violations,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
    metadata.set("grpc-status-details-bin", encodeStatus(details));
  }
  return { code: statusCode(status), details: message, metadata };
}

/** Refuses a request for another instance. */
export function checkInstance({ behaviour }: Ground, instance: string): void {
  if (instance === behaviour.instance) return;
  throw new Refusal("NOT_FOUND", `unknown instance name ${JSON.stringify(instance)}`);
}
