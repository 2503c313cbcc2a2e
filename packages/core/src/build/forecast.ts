/**
 * The forecast: goes through a plan as a build would, and runs nothing.
 *
 * A call whose inputs are all known has a key, and the store says whether there is a result. Behind a
 * call that would run, outputs are not known before, and so no keys.
 *
 * The body of a dynamic stage is no command. As soon as all that it reads is known, it describes its graph, as in the
 * build, and the forecast goes on with that: calls are decided on when those that they wait for are.
 *
 * @module
 */
import type { Handle, SourceOrigin } from "../artifact/handle.ts";
import type { Clock } from "../base/clock.ts";
import { listed } from "../base/listed.ts";
import { BuildError } from "../errors/build-error.ts";
import type { BuildEventBody } from "../events/event.ts";
import type { Evidence, Verdict } from "../explain/evidence.ts";
import { producersFor, producersOf } from "../explain/producers.ts";
import type { ActionKey } from "../graph/action.ts";
import { needsOf, needsOfCall } from "../graph/closure.ts";
import { labelsOf } from "../graph/labels.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import type { StageCall } from "../graph/stage.ts";
import type { ComposedAction } from "../rebuild/compose.ts";
import type { History } from "../rebuild/history.ts";
import type { LastLook } from "../rebuild/last-look.ts";
import { Rebuilder, type Produced } from "../rebuild/rebuilder.ts";
import { remarksOf } from "../rebuild/remarks.ts";
import type { KnownValues } from "../rebuild/resolve.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Trace } from "../rebuild/trace.ts";
import type { Placement } from "../runner/placement.ts";
import type { Value } from "../runner/runner.ts";
import { Expansions } from "../schedule/expansions.ts";
import type { Store } from "../store/store.ts";
import { Composer, type KnownAction } from "./composer.ts";

/** What a forecast is made with. */
export interface ForecastParts {
  readonly plan: Plan;
  readonly store: Store;
  readonly placement: Placement;
  readonly sources: Sources;
  readonly trace: Trace;
  readonly history: History;
  readonly identities: ToolIdentities;
  readonly lastLook: LastLook;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears of what dynamic stages describe. @defaultValue nobody */
  readonly emit?: (event: BuildEventBody) => void;
}

/** A verdict, and what is known with it. */
interface Settled extends Verdict {
  readonly produced?: Produced;
  readonly composed?: ComposedAction;
}

/** What a build would do with each call of a plan. */
export class Forecast implements Evidence, KnownValues {
  readonly plan: Plan;
  readonly store: Store;
  readonly history: History;
  readonly #parts: ForecastParts;
  /** Those of a plan keep when it grows. */
  #labels: ReadonlyMap<StageCall, string> = new Map();
  readonly #rebuilder: Rebuilder;
  readonly #composer: Composer;
  readonly #expansions: Expansions;
  /** In the order in which they were decided on: each after what it waits for. */
  readonly #settled = new Map<NodeId, Settled>();
  /** Why dynamic stages could not describe their graphs. */
  readonly #faults = new Map<NodeId, BuildError>();
  /** Dynamic stages whose inputs were looked for again, because something of them was lost. */
  readonly #lookedAgain = new Set<NodeId>();
  /** By key: the first call that would run with it. */
  readonly #running = new Map<ActionKey, StageCall>();

  constructor(parts: ForecastParts) {
    this.plan = parts.plan;
    this.store = parts.store;
    this.history = parts.history;
    this.#parts = parts;
    this.#rebuilder = new Rebuilder(parts.store);
    this.#composer = new Composer({ ...parts, content: parts.store.content, known: this });
    this.#expansions = new Expansions({ ...parts, known: this, emit: parts.emit ?? (() => {}) });
  }

  readonly labelOf = (call: StageCall): string => {
    if (this.#labels.size !== this.plan.nodes.length) this.#labels = labelsOf(this.plan);
    return this.#labels.get(call) ?? call.name;
  };

  /** The nodes that were decided on, each after what it waits for. */
  get inOrder(): readonly PlanNode[] {
    return [...this.#settled.keys()].map((id) => this.plan.nodes[id] as PlanNode);
  }

  /** What a dynamic stage has described, if it has. */
  readonly handleOf = (node: PlanNode): Handle | undefined => this.#expansions.handleOf(node);

  /** Decides on every call, and on those that dynamic stages add. Sources must have been taken. */
  async decide(): Promise<void> {
    for (const asked of this.plan.nodes) {
      const pending = [asked];
      for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
        this.#parts.signal.throwIfAborted();
        if (this.#settled.has(node.id)) continue;
        const below = node.dependencies.filter((id) => !this.#settled.has(id));
        if (below.length > 0 || (await this.#describe(node))) {
          pending.push(node, ...below.toReversed().map((id) => this.plan.nodes[id] as PlanNode));
        } else {
          this.#settled.set(node.id, await this.#decideOn(node));
        }
      }
    }
  }

  verdictOn({ id }: PlanNode): Verdict | undefined {
    return this.#settled.get(id);
  }

  async remarksOn({ id, call }: PlanNode): Promise<readonly Remark[] | undefined> {
    return await remarksOf(call, this.#settled.get(id)?.produced?.result, this.store.content);
  }

  async compose({ id, call }: PlanNode): Promise<ComposedAction | undefined> {
    const settled = this.#settled.get(id);
    // The command of a dynamic stage only holds its inputs.
    if (call.expand !== undefined) return undefined;
    if (settled?.status === "unknown") return undefined;
    return settled?.composed ?? (await this.#composer.tryCompose(call));
  }

  async composeKnown({ call }: PlanNode): Promise<KnownAction> {
    return await this.#composer.composeKnown(call);
  }

  sourceValue(origin: SourceOrigin): Value | undefined {
    return this.#parts.sources.find(origin);
  }

  outputValue(call: StageCall, output: string): Value | undefined {
    const node = this.plan.nodeByCall.get(call);
    return node && this.#settled.get(node.id)?.produced?.values.get(output);
  }

  hasRun(call: StageCall): boolean {
    const node = this.plan.nodeByCall.get(call);
    return node !== undefined && this.#settled.get(node.id)?.produced !== undefined;
  }

  /** @param isTraced - Whether what the last build has recorded counts. */
  async #decideOn(node: PlanNode, isTraced = true): Promise<Settled> {
    const { trace } = this.#parts;
    const { call } = node;
    if (call.expand !== undefined) return await this.#decideOnDynamic(node, isTraced);
    const waitsFor = this.#unmade(producersFor(call));
    if (waitsFor.length > 0) return { status: "unknown", waitsFor };
    const traced = isTraced ? trace.find(node) : undefined;
    if (traced !== undefined && (!node.isTarget || (await this.#rebuilder.isWhole(traced)))) {
      return { status: "hit", key: traced.key, produced: traced };
    }
    let composed: ComposedAction;
    try {
      composed = await this.#composer.compose(call);
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      if (isLoss(error) && (await this.#lookAgain(node))) {
        return await this.#decideOn(node, isTraced);
      }
      return wouldFail(error);
    }
    const { key } = composed.action;
    if (call.command.run.hasSideEffects) return { status: "run", key, composed };
    const demand = composed.runner.demands;
    const produced = await this.#rebuilder.reuse(composed.action, demand);
    if (produced !== undefined) {
      trace.note(node, key, produced);
      return { status: "hit", key, produced, composed };
    }
    const same = this.#running.get(key);
    // Equal actions run once.
    if (same !== undefined) {
      return {
        status: "hit",
        key,
        composed,
        reason: `it is the same as \`${this.labelOf(same)}\``,
      };
    }
    this.#running.set(key, call);
    const reason = await this.#rebuilder.distrust(composed.action, demand);
    return { status: "run", key, composed, ...(reason !== undefined && { reason }) };
  }

  /**
   * Has a dynamic stage describe its graph, if all that it reads is known and it has not done so. True when there may
   * be more to decide on before it.
   */
  async #describe(node: PlanNode): Promise<boolean> {
    const { call, id } = node;
    if (call.expand === undefined || this.handleOf(node) !== undefined) return false;
    if (this.#faults.has(id) || this.#unmade(producersFor(call)).length > 0) return false;
    try {
      const isOver = (other: NodeId): boolean => this.#settled.get(other)?.produced !== undefined;
      try {
        const add = await this.#expansions.describe(node, call.expand, isOver);
        add();
      } catch (error) {
        if (!isLoss(error) || this.#lookedAgain.has(id)) throw error;
        this.#lookedAgain.add(id);
        // A key needs no more than their digests, but the body reads them.
        for (const origin of needsOfCall(call).sources) await this.#parts.sources.restore(origin);
        await this.#lookAgain(node);
      }
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      if (!(error instanceof BuildError)) throw error;
      this.#faults.set(id, error);
    }
    return true;
  }

  /** Decides on a dynamic stage by what it has described. */
  async #decideOnDynamic(node: PlanNode, isTraced: boolean): Promise<Settled> {
    const fault = this.#faults.get(node.id);
    if (fault !== undefined) return wouldFail(fault);
    const handle = this.handleOf(node);
    if (handle === undefined) {
      const waitsFor = this.#unmade(needsOfCall(node.call).calls);
      return { status: "unknown", waitsFor, reason: "it describes its graph in the build" };
    }
    if (!isTraced) await this.#lookAgain(node);
    const waitsFor = this.#unmade(this.#described(node));
    if (waitsFor.length > 0) {
      const reason = `it has described its graph, and waits for ${listed(waitsFor.map(this.labelOf))}`;
      return { status: "unknown", waitsFor, reason };
    }
    try {
      const produced = await this.#expansions.produce(node);
      this.#parts.trace.noteExpanded(node, produced);
      return { status: "hit", produced };
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      if (isLoss(error) && (await this.#lookAgain(node))) {
        return await this.#decideOnDynamic(node, isTraced);
      }
      return wouldFail(error);
    }
  }

  /**
   * Decides anew on those whose recorded outputs a node needs, and that are not all there: as a build would, which goes
   * back for them. False when there is none.
   */
  async #lookAgain(node: PlanNode): Promise<boolean> {
    this.#rebuilder.forget();
    this.#parts.lastLook.forget();
    const handle = this.handleOf(node);
    let isAny = false;
    for (const needed of handle === undefined ? producersFor(node.call) : this.#described(node)) {
      const below = this.plan.nodeByCall.get(needed);
      const produced = below && this.#settled.get(below.id)?.produced;
      if (below === undefined || produced === undefined) continue;
      if (await this.#rebuilder.isWhole(produced)) continue;
      this.#settled.set(below.id, await this.#decideOn(below, false));
      isAny = true;
    }
    return isAny;
  }

  /** Those of some calls whose outputs are not known. */
  #unmade(calls: Iterable<StageCall>): StageCall[] {
    return [...calls].filter((each) => !this.hasRun(each));
  }

  /** The calls that give a dynamic stage its value; or, of one that has none, that must succeed for it. */
  #described(node: PlanNode): Iterable<StageCall> {
    const handle = this.handleOf(node);
    if (handle === undefined) return [];
    const hasValue = node.call.command.outputs.length > 0;
    return hasValue ? producersOf(handle) : needsOf([handle]).calls;
  }
}

function isLoss(error: unknown): error is BuildError {
  return error instanceof BuildError && error.code === "BLOB_LOST";
}

function wouldFail({ message }: BuildError): Settled {
  return { status: "run", reason: `it would fail: ${message}` };
}
