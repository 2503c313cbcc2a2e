/**
 * Stages: named pure functions from handles to handles.
 *
 *     stage(name, body)  ──call──▶  body(inputs) = command  ──▶  one node, its outputs as handles
 *
 * Calling a stage runs its body, which only describes a command, and adds one node to the graph that
 * hangs together by its handles. There is no registry: a call that nobody asks for is garbage.
 *
 * @module
 */
import { checkGates, makeArtifact } from "../artifact/artifact.ts";
import {
  state,
  type Artifact,
  type Check,
  type Gate,
  type Handle,
  type Handles,
  type Kind,
  type Outputs,
  type Producer,
} from "../artifact/handle.ts";
import { baseName } from "../artifact/path.ts";
import { describe } from "../base/describe.ts";
import { callerLocation, isInPackage, scriptLocation, type Place } from "../errors/caller.ts";
import { stageBody, stageName } from "../errors/command-errors.ts";
import { outputsOf } from "./attempt.ts";
import { commandState, isCommand, remount, type Command, type CommandSpec } from "./command.ts";
import type { OutputSpec } from "./out.ts";

/** Handles on the outputs `O` of a call. */
export type HandlesOf<O> = {
  readonly [N in keyof O]: O[N] extends Kind ? Handles[O[N]] : never;
};

/** What a call yields: a check, an artifact that also holds itself by name, or several artifacts. */
export type StageResult<O> = [keyof O] extends [never]
  ? Check
  : IsUnion<keyof O> extends true
    ? HandlesOf<O> & Outputs & { after(...gates: readonly Gate[]): StageResult<O> }
    : HandlesOf<O> & Handles[Extract<O[keyof O], Kind>];

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;

/** A stage: call it with handles and parameters to get handles on what it makes. */
export interface Stage<I extends readonly unknown[] = readonly unknown[], O = unknown> {
  (...inputs: I): StageResult<O>;
  /** Name for people: in reports, events and errors. Not part of any key. */
  readonly stageName: string;
  /** For types only: the kind of each output. */
  readonly outputs?: O;
}

/** A stage of any type, as tests and runners tell stages apart. */
export type AnyStage = { readonly stageName: string };

/**
 * Describes more graph by the contents of a call's inputs, in the order of its mounts. What stands for the
 * call is what the handle stands for.
 */
export type Expand = (contents: readonly unknown[]) => Promise<Handle>;

const noGates: readonly Gate[] = Object.freeze([]);

/** One call of a stage: a node of the graph. */
export class StageCall implements Producer {
  readonly name: string;
  readonly stage: AnyStage;
  readonly command: CommandSpec;
  /** What the stage was called with. Of a copy: what {@link StageCall.original} was. */
  readonly args: readonly unknown[];
  /** What must have succeeded before this call may run. Never part of a key. */
  readonly gates: readonly Gate[];
  /** Of a dynamic stage, whose command nobody runs. */
  readonly expand: Expand | undefined;
  /** The call that this one is a copy of, with other gates; itself if it is none. */
  readonly original: StageCall;
  #place: Place;
  #isDescribed = false;

  constructor(parts: {
    readonly stage: AnyStage;
    readonly command: CommandSpec;
    readonly args: readonly unknown[];
    readonly gates: readonly Gate[];
    readonly declaredAt: Place;
    readonly expand?: Expand | undefined;
    readonly original?: StageCall;
  }) {
    this.name = parts.stage.stageName;
    this.stage = parts.stage;
    this.command = parts.command;
    this.args = parts.args;
    this.gates = parts.gates;
    this.#place = parts.declaredAt;
    this.expand = parts.expand;
    this.original = parts.original ?? this;
  }

  /**
   * Place of the stage's definition in the user's script, if it could be seen. Of a stage that an installed package defines: where the
   * user's script has led to this call.
   */
  get declaredAt(): string | undefined {
    if (typeof this.#place === "function") this.#place = this.#place();
    return this.#place;
  }

  /** Says that a dynamic stage has described this call: without a place in the user's script, it has that one's. */
  describedBy(other: StageCall): void {
    const own = this.#place;
    // In the next build it may describe it again.
    if (typeof own !== "function" || this.#isDescribed) return;
    this.#isDescribed = true;
    this.#place = () => {
      const place = own();
      return isInPackage(place) ? (other.declaredAt ?? place) : place;
    };
  }

  after(gates: readonly Gate[]): StageCall {
    return this.#copy({ gates: Object.freeze([...this.gates, ...gates]) });
  }

  /** The same call with other handles in the places of its inputs and gates. */
  over(change: <H extends Gate>(handle: H) => H): StageCall {
    const gates = Object.freeze(this.gates.map((gate) => change(gate)));
    return this.#copy({ command: remount(this.command, change), gates });
  }

  #copy(changes: Partial<Pick<StageCall, "command" | "gates">>): StageCall {
    const { stage: definition, command, args, gates, expand, original } = this;
    const declaredAt = this.#place;
    const parts = { stage: definition, command, args, gates, declaredAt, expand, original };
    return new StageCall({ ...parts, ...changes });
  }
}

/**
 * Makes a stage from a name and a body that describes one command.
 *
 * The body gets what the stage is called with, and must be pure: what it reads besides its arguments
 * reaches the key only if it reaches the command.
 *
 * @throws {@link BuildError} `STAGE_NAME` for an empty name; on a call, `STAGE_BODY` when the body
 *   returns something other than a command.
 * @example
 * ```ts
 * const check = stage("check", ({ app }: { app: File }) => sh`${app} --self-test`);
 * const checked = check({ app });
 * ```
 */
export function stage<I extends readonly unknown[], O>(
  name: string,
  body: (...inputs: I) => Command<O>,
): Stage<I, O> {
  if (typeof name !== "string" || name.trim() === "") throw stageName(describe(name));
  const definedAt = callerLocation(stage);
  const isOfPackage = isInPackage(definedAt);
  const call = (...inputs: I): StageResult<O> => {
    const command: unknown = body(...inputs);
    if (!isCommand(command)) throw stageBody(name, describe(command), definedAt);
    const declaredAt = isOfPackage ? scriptLocation(call) : definedAt;
    const spec = command[commandState];
    return resultOf(
      new StageCall({ stage: made, command: spec, args: inputs, gates: noGates, declaredAt }),
    ) as StageResult<O>;
  };
  const made: Stage<I, O> = Object.freeze(Object.assign(call, { stageName: name }));
  return made;
}

/** The handles on what a call makes. */
export function resultOf(call: StageCall): Check | Artifact | Outputs {
  const outputs = outputsOf(call.command);
  const only = outputs[0];
  if (only === undefined) {
    return withAfter(call, { type: "check", producer: call }, {}) as Check;
  }
  if (outputs.length === 1) return handleOf(call, only, only.name);
  const handles = Object.fromEntries(
    outputs.map((output) => [output.name, handleOf(call, output, undefined)]),
  );
  return withAfter(call, { type: "outputs", producer: call }, handles) as Outputs;
}

function handleOf(
  call: StageCall,
  { name, kind, path }: OutputSpec,
  self: string | undefined,
): Artifact {
  const origin = { type: "output", producer: call, output: name, label: baseName(path) } as const;
  return makeArtifact(kind, origin, { self });
}

/** A frozen record of handles with the inside of a handle, and the method that gates them all. */
function withAfter(call: StageCall, inside: object, handles: object): object {
  const after = (...gates: readonly unknown[]): unknown => {
    checkGates(gates);
    return resultOf(call.after(gates));
  };
  return Object.freeze(
    Object.defineProperties(
      { ...handles },
      { [state]: { value: Object.freeze(inside) }, after: { value: after } },
    ),
  );
}
