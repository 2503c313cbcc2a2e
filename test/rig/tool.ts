/**
 * Tools: the commands of a rig's stages, held by the test.
 *
 *     build asks ──▶ Tool ──next()──▶ Run ──exit() or fail()──▶ build goes on
 *
 * @module
 */
import type { TreeFiles } from "@ashlar/core";
import type { MockCall, MockResult } from "@ashlar/runner-mock";

/** What a command writes, by output: the bytes of a file, or the files of a tree. */
export type Written = Readonly<Record<string, string | Uint8Array | TreeFiles>>;

/** What a command prints. */
export interface Printed {
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A result for the mock runner, and what was written besides the declared outputs. */
export interface Answer {
  readonly result: MockResult;
  readonly extra: readonly string[];
}

/** A command that a build has started, and that waits for the test to say how it ends. */
export class Run {
  /** The command, with its inputs. */
  readonly call: MockCall;
  readonly #settle: (answer: Answer | Promise<Answer>) => void;
  readonly #outputs: readonly string[];

  constructor(
    call: MockCall,
    outputs: readonly string[],
    settle: (answer: Answer | Promise<Answer>) => void,
  ) {
    this.call = call;
    this.#outputs = outputs;
    this.#settle = settle;
  }

  /** Ends it well. What it wrote may be more or less than what the stage declares. */
  exit(written: Written = {}, printed: Printed = {}): void {
    this.#settle(answerOf(written, this.#outputs, { ...printed }));
  }

  /** Ends it with an exit code. */
  fail(exitCode = 1, stderr = ""): void {
    this.#settle({ result: { exitCode, stderr }, extra: [] });
  }

  /** The runner itself breaks down over it. */
  break(error: unknown): void {
    const broken = async (): Promise<Answer> => {
      throw error;
    };
    this.#settle(broken());
  }
}

/** The command of one stage. */
export class Tool {
  readonly name: string;
  /** How many times a build has started it. */
  runs = 0;
  readonly #outputs: readonly string[];
  readonly #arrived: Run[] = [];
  readonly #waiting: {
    readonly resolve: (run: Run) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #always: ((call: MockCall) => Written | Promise<Written>) | undefined;

  constructor(name: string, outputs: readonly string[]) {
    this.name = name;
    this.#outputs = outputs;
  }

  /** The next run that nobody has taken yet. Rejects when the build ends without one. */
  next(): Promise<Run> {
    const run = this.#arrived.shift();
    if (run !== undefined) return Promise.resolve(run);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Answers every run from now on by itself; or no longer. */
  always(written: Written | ((call: MockCall) => Written | Promise<Written>) | undefined): this {
    this.#always = typeof written === "object" ? () => written : written;
    return this;
  }

  /** For the rig: the build asks for a run. */
  async run(call: MockCall): Promise<Answer> {
    this.runs++;
    if (this.#always !== undefined) return answerOf(await this.#always(call), this.#outputs, {});
    return await new Promise<Answer>((settle) => {
      const run = new Run(call, this.#outputs, settle);
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#arrived.push(run);
      else waiter.resolve(run);
    });
  }

  /** For the rig: no build is under way any more. */
  over(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Error(`the build is over, and did not run \`${this.name}\``));
    }
  }
}

/** Tells the declared outputs from the rest. */
function answerOf(written: Written, outputs: readonly string[], result: MockResult): Answer {
  const entries = Object.entries(written);
  const declared = entries.filter(([name]) => outputs.includes(name));
  return {
    result: { ...result, outputs: Object.fromEntries(declared) },
    extra: entries.map(([name]) => name).filter((name) => !outputs.includes(name)),
  };
}
