/**
 * The mock runner: no process is started; what each stage gives is scripted by the test.
 *
 * Keys, store, scheduling and errors are the real ones, so a test sees what would be re-used, in which
 * order things run, and what happens when they fail. What a mock made can never pass for the real
 * thing: its platform is part of every key.
 *
 * @module
 */
import type {
  Action,
  AnyStage,
  Execution,
  NameValue,
  RunContext,
  Runner,
  Stage,
} from "@ashlar/core";

import { CallTime, untilAborted } from "./call-time.ts";
import { beginCall, makeCall, type MockCall } from "./call.ts";
import { mockStageUnscripted } from "./errors.ts";
import { Faults, type MockFault, type MockFaultOptions } from "./faults.ts";
import { Hand, type HeldStage } from "./held-stage.ts";
import { Matching, type MockTarget } from "./matching.ts";
import { emptyOutputs, writeOutputs, Written } from "./outputs.ts";
import { checkResult, type MockResult, type MockScript } from "./script.ts";

/** How the mock runner treats what nobody has scripted, and scripts that nobody needs. */
export interface MockRunnerOptions {
  /**
   * What becomes of a stage without a script: it fails with `MOCK_STAGE_UNSCRIPTED`, or it succeeds and
   * leaves every output empty.
   *
   * @defaultValue "fail"
   */
  readonly onUnmatched?: "fail" | "succeed-empty";
  /**
   * What becomes of a script that no call has had, when the runner is disposed of: that rejects with
   * `MOCK_SCRIPT_UNUSED`, or it is nobody's business.
   *
   * @defaultValue "fail"
   */
  readonly onUnused?: "fail" | "ignore";
}

/** A runner that follows scripts. */
export interface MockRunner extends Runner {
  /**
   * Scripts a stage, every stage of a name, or the calls that a function picks.
   *
   * @throws {@link BuildError} `MOCK_SCRIPT_AMBIGUOUS` when it has a script already. So fails a call that
   *   two scripts match.
   */
  on<I extends readonly unknown[], O>(stage: Stage<I, O>, script: MockScript<I, O>): this;
  on(target: string | ((call: MockCall) => boolean), script: MockScript): this;
  /** Scripts anew what may have a script already: for the next build of a test. */
  replace<I extends readonly unknown[], O>(stage: Stage<I, O>, script: MockScript<I, O>): this;
  replace(target: string | ((call: MockCall) => boolean), script: MockScript): this;
  /** Keeps the commands of a stage waiting, until the test ends them one by one. */
  hold<I extends readonly unknown[], O>(stage: Stage<I, O>): HeldStage<I, O>;
  hold(name: string): HeldStage;
  /**
   * Lets something go wrong, whatever the script: the command fails or hangs, or the runner crashes.
   *
   * @throws {@link BuildError} `INVALID_OPTION`.
   */
  fault(target: MockTarget, how: MockFault, options?: MockFaultOptions): this;
  /** The commands that builds have asked for, in the order of their starts. */
  readonly calls: readonly MockCall[];
  /** Names of the stages of {@link MockRunner.calls}. */
  readonly names: readonly string[];
}

/**
 * Makes a mock runner.
 *
 * @example
 * ```ts
 * const mock = mockRunner()
 *   .on(compile, async ({ inputs, out }) => out.app.write(await inputs.src.text("main.c")))
 *   .on(check, { exitCode: 1, stderr: "1 of 3 failed" });
 * ```
 */
export function mockRunner(options: MockRunnerOptions = {}): MockRunner {
  return new ScriptedRunner(options);
}

/** For the rig: the runner with what only it may do. */
export class ScriptedRunner implements MockRunner {
  readonly name = "mock";
  readonly hermeticity = "mock";
  readonly abilities = ["caches", "secrets"] as const;
  readonly platform: readonly NameValue[] = [{ name: "runner", value: "mock" }];
  readonly calls: MockCall[] = [];
  readonly #matching = new Matching();
  readonly #faults = new Faults();
  readonly #hands: Hand[] = [];
  /** Beginnings and ends of calls so far. */
  #moments = 0;
  readonly #counts = new Map<AnyStage, number>();
  readonly #options: MockRunnerOptions;

  constructor(options: MockRunnerOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return this.calls.map(({ name }) => name);
  }

  on(target: MockTarget, script: unknown): this {
    this.#matching.add(target, script as MockScript);
    return this;
  }

  replace(target: MockTarget, script: unknown): this {
    this.#matching.replace(target, script as MockScript);
    return this;
  }

  hold(target: AnyStage | string): never {
    const hand = new Hand(typeof target === "string" ? target : target.stageName);
    this.#hands.push(hand);
    this.#matching.replace(target, hand.script);
    // What a hand gives is typed by the stage, which only the interface knows.
    return hand as never;
  }

  fault(target: MockTarget, how: MockFault, options: MockFaultOptions = {}): this {
    this.#faults.add(target, how, options);
    return this;
  }

  /** Nobody will ask for a command any more, unless there is another build. */
  buildsAreOver(): void {
    for (const hand of this.#hands) hand.over();
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    using time = new CallTime(action.name, context);
    const printed = new Printed(context);
    const written = new Written();
    const nth = (this.#counts.get(action.stage) ?? 0) + 1;
    this.#counts.set(action.stage, nth);
    const { print } = printed;
    const { sleep, waitFor } = time;
    const call = makeCall(action, context, { nth, out: written.out, print, sleep, waitFor });
    this.calls.push(call);
    const order = beginCall(call, this.#moments++);
    try {
      return await this.#play(action, context, call, { time, printed, written });
    } finally {
      order.over = this.#moments++;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#options.onUnused === "ignore" || this.calls.length === 0) return;
    const error = this.#matching.unused(this.names);
    if (error !== undefined) throw error;
  }

  async #play(
    action: Action,
    { signal, content }: RunContext,
    call: MockCall,
    { time, printed, written }: Doing,
  ): Promise<Execution> {
    const result = await untilAborted(signal, () => this.#follow(action, call));
    checkResult(result);
    const { outputs = {}, exitCode = 0, stdout = "", stderr = "", durationMs = 0 } = result;
    const { strays = [] } = result;
    if (durationMs > 0) await time.sleep(durationMs);
    printed.print(stdout, "stdout");
    printed.print(stderr, "stderr");
    const values = await writeOutputs(action, content, written.with(outputs));
    return {
      exitCode,
      endedBy: undefined,
      outputs: values,
      written: [...values.keys(), ...strays].toSorted(),
      ...(await printed.keep()),
      startedAt: time.startedAt,
      finishedAt: time.now(),
    };
  }

  async #follow(action: Action, call: MockCall): Promise<MockResult> {
    const script = this.#matching.find(call);
    const befallen = await this.#faults.befall(call);
    if (befallen !== undefined) return befallen;
    if (script !== undefined) {
      return (typeof script === "function" ? await script(call) : script) ?? {};
    }
    if (this.#options.onUnmatched === "succeed-empty") return { outputs: emptyOutputs(action) };
    throw mockStageUnscripted(action.name, this.#matching.names);
  }
}

/** What one call is about. */
interface Doing {
  readonly time: CallTime;
  readonly printed: Printed;
  readonly written: Written;
}

/** What a call prints, without the values of secrets. */
class Printed {
  readonly #context: RunContext;
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };

  constructor(context: RunContext) {
    this.#context = context;
  }

  readonly print = (text: string, stream: "stderr" | "stdout" = "stdout"): void => {
    if (text === "") return;
    const { secrets, onLog } = this.#context;
    const shown = Buffer.from(secrets?.patterns.coverText(text) ?? text);
    this.#chunks[stream].push(shown);
    onLog(stream, shown);
  };

  async keep(): Promise<Pick<Execution, "stderr" | "stdout">> {
    const { content } = this.#context;
    const { stdout, stderr } = this.#chunks;
    return {
      stdout: await content.write(Buffer.concat(stdout)),
      stderr: await content.write(Buffer.concat(stderr)),
    };
  }
}
