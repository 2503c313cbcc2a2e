/**
 * Faults of a service in memory: which of its calls fail, and how.
 *
 * @module
 */
import type { Metadata } from "@grpc/grpc-js";

import type { StatusName, Violation } from "../reapi/messages/status.ts";
import type { methods } from "../reapi/methods.ts";

/** Name of a call: `getActionResult`. */
export type MethodName = keyof typeof methods;

/** What happens to calls. The parts may be combined. */
export interface Fault {
  /** Which calls. @defaultValue all */
  readonly method?: MethodName;
  /** How many of them, counted as they come. @defaultValue all */
  readonly times?: number;
  /** How many of them pass before. @defaultValue 0 */
  readonly after?: number;
  /** They are answered so much later. */
  readonly delayMs?: number;
  /** They are never answered. */
  readonly hangs?: boolean;
  /** They fail with this. */
  readonly status?: StatusName;
  readonly message?: string;
  readonly retryAfterMs?: number;
  readonly violations?: readonly Violation[];
  /** Of `read` and `write`: they fail only after so many bytes of the call. */
  readonly afterBytes?: number;
}

/** A call that came in. */
export interface CallSeen {
  readonly method: MethodName;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** Faults that are set, and the calls that came in. */
export class Faults {
  readonly seen: CallSeen[] = [];
  readonly #set: { readonly fault: Fault; passed: number; used: number }[] = [];

  add(fault: Fault): void {
    this.#set.push({ fault, passed: 0, used: 0 });
  }

  clear(): void {
    this.#set.length = 0;
  }

  /** Notes a call, and says what is to happen to it. */
  of(method: MethodName, metadata: Metadata): Fault | undefined {
    const headers = metadata.getMap() as CallSeen["headers"];
    this.seen.push({ method, headers });
    for (const entry of this.#set) {
      const { fault } = entry;
      if (fault.method !== undefined && fault.method !== method) continue;
      if (entry.passed < (fault.after ?? 0)) {
        entry.passed++;
        continue;
      }
      if (entry.used >= (fault.times ?? Infinity)) continue;
      entry.used++;
      return fault;
    }
    return undefined;
  }
}
