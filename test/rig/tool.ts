/**
 * Tools: the commands of a rig's stages, held by the test.
 *
 *     build asks ──▶ Tool ──next()──▶ Run ──exit() or fail()──▶ build goes on
 *
 * @module
 */
import type { Stage, TreeFiles } from "@ashlar/core";
import type { HeldCall, HeldStage, MockCall, MockResult, MockRunner } from "@ashlar/runner-mock";

/** What a command writes, by output: the bytes of a file, or the files of a tree. */
export type Written = Readonly<Record<string, string | Uint8Array | TreeFiles>>;

/** What a command prints. */
export interface Printed {
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A command that a build has started, and that waits for the test to say how it ends. */
export class Run {
  readonly #held: HeldCall;
  readonly #outputs: readonly string[];

  constructor(held: HeldCall, outputs: readonly string[]) {
    this.#held = held;
    this.#outputs = outputs;
  }

  /** The command, with its inputs. */
  get call(): MockCall {
    return this.#held.call;
  }

  /** Ends it well. What it wrote may be more or less than what the stage declares. */
  exit(written: Written = {}, printed: Printed = {}): void {
    this.#held.exit({ ...resultOf(written, this.#outputs), ...printed });
  }

  /** Ends it with an exit code. */
  fail(exitCode = 1, stderr = ""): void {
    this.#held.exit({ exitCode, stderr });
  }

  /** The runner itself breaks down over it. */
  break(error: unknown): void {
    this.#held.crash(error);
  }
}

/** The command of one stage. */
export class Tool {
  readonly #mock: MockRunner;
  readonly #stage: Stage;
  readonly #outputs: readonly string[];
  #held: HeldStage;

  constructor(mock: MockRunner, stage: Stage, outputs: readonly string[]) {
    this.#mock = mock;
    this.#stage = stage;
    this.#outputs = outputs;
    this.#held = mock.hold(stage) as HeldStage;
  }

  get name(): string {
    return this.#stage.stageName;
  }

  /** How many times a build has started it. */
  get runs(): number {
    return this.#mock.calls.filter(({ stage }) => stage === this.#stage).length;
  }

  /** The next run that nobody has taken yet. Rejects when the build ends without one. */
  async next(): Promise<Run> {
    return new Run(await this.#held.next(), this.#outputs);
  }

  /** Answers every run from now on by itself; or no longer. */
  always(written: Written | ((call: MockCall) => Written | Promise<Written>) | undefined): this {
    if (written === undefined) this.#held = this.#mock.hold(this.#stage) as HeldStage;
    else {
      this.#mock.replace(this.#stage, async (call) => {
        const made = typeof written === "function" ? await written(call) : written;
        return resultOf(made, this.#outputs);
      });
    }
    return this;
  }
}

/** Tells the declared outputs from the rest. */
function resultOf(written: Written, outputs: readonly string[]): MockResult {
  const entries = Object.entries(written);
  const declared = entries.filter(([name]) => outputs.includes(name));
  const strays = entries.map(([name]) => name).filter((name) => !outputs.includes(name));
  return { outputs: Object.fromEntries(declared), strays };
}
