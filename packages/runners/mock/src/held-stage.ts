/**
 * Held stages: commands in the hand of a test.
 *
 *     build asks ──▶ HeldStage ──next()──▶ HeldCall ──exit() or crash()──▶ build goes on
 *
 * @module
 */
import type { Kind } from "@ashlar/core";

import type { MockCall } from "./call.ts";
import type { MockResult } from "./script.ts";

/** A command that a build has started, and that waits for the test to say how it ends. */
export interface HeldCall<
  I extends readonly unknown[] = readonly unknown[],
  O = Readonly<Record<string, Kind>>,
> {
  /** The command, with its inputs. */
  readonly call: MockCall<I, O>;
  /** Ends it. */
  readonly exit: (result?: MockResult<O>) => void;
  /** The runner itself breaks down over it. */
  readonly crash: (error: unknown) => void;
}

/** The commands of one stage. */
export interface HeldStage<
  I extends readonly unknown[] = readonly unknown[],
  O = Readonly<Record<string, Kind>>,
> {
  /** The next command that nobody has taken yet. In a rig, it rejects when the build ends without one. */
  readonly next: () => Promise<HeldCall<I, O>>;
}

/** What a test holds of one stage, and the script that fills its hand. */
export class Hand implements HeldStage {
  readonly #name: string;
  readonly #arrived: HeldCall[] = [];
  readonly #waiting: {
    readonly resolve: (held: HeldCall) => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  readonly next = (): Promise<HeldCall> => {
    const held = this.#arrived.shift();
    if (held !== undefined) return Promise.resolve(held);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  };

  /** The script: waits for the test. */
  readonly script = async (call: MockCall): Promise<MockResult> =>
    await new Promise<MockResult>((settle, crash) => {
      const held = { call, exit: (result: MockResult = {}) => settle(result), crash };
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#arrived.push(held);
      else waiter.resolve(held);
    });

  /** No build is under way any more. */
  over(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Error(`the build is over, and did not run \`${this.#name}\``));
    }
  }
}
