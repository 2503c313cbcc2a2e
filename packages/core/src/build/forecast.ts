/**
 * The forecast: goes through a plan as a build would, and runs nothing.
 *
 * A call whose inputs are all known has a key, and the store says whether there is a result. Behind a
 * call that would run, outputs are not known before, and so no keys.
 *
 * @module
 */
import type { Artifact, SourceOrigin } from "../artifact/handle.ts";
import { BuildError } from "../errors/build-error.ts";
import type { Evidence, Verdict } from "../explain/evidence.ts";
import { producersOf } from "../explain/producers.ts";
import type { ActionKey } from "../graph/action.ts";
import { needsOfCall } from "../graph/closure.ts";
import { labelsOf } from "../graph/labels.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { Remark } from "../graph/remark.ts";
import type { StageCall } from "../graph/stage.ts";
import { imageArtifact } from "../graph/where.ts";
import type { ComposedAction } from "../rebuild/compose.ts";
import type { History } from "../rebuild/history.ts";
import { Rebuilder, type Produced } from "../rebuild/rebuilder.ts";
import { remarksOf } from "../rebuild/remarks.ts";
import type { KnownValues } from "../rebuild/resolve.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Trace } from "../rebuild/trace.ts";
import type { Placement } from "../runner/placement.ts";
import type { Value } from "../runner/runner.ts";
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
  readonly #labels: ReadonlyMap<StageCall, string>;
  readonly #rebuilder: Rebuilder;
  readonly #composer: Composer;
  readonly #settled = new Map<NodeId, Settled>();
  /** By key: the first call that would run with it. */
  readonly #running = new Map<ActionKey, StageCall>();

  constructor(parts: ForecastParts) {
    this.plan = parts.plan;
    this.store = parts.store;
    this.history = parts.history;
    this.#parts = parts;
    this.#labels = labelsOf(parts.plan);
    this.#rebuilder = new Rebuilder(parts.store);
    this.#composer = new Composer({ ...parts, content: parts.store.content, known: this });
  }

  readonly labelOf = (call: StageCall): string => this.#labels.get(call) ?? call.name;

  /** Decides on every call. Sources must have been taken. */
  async decide(signal: AbortSignal): Promise<void> {
    for (const node of this.plan.nodes) {
      signal.throwIfAborted();
      this.#settled.set(node.id, await this.#decideOn(node));
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
    const waitsFor = this.#unmade(node);
    if (call.expand !== undefined) {
      return { status: "unknown", waitsFor, reason: "it describes its graph in the build" };
    }
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
      if (error.code === "BLOB_LOST" && (await this.#lookAgain(node))) {
        return await this.#decideOn(node, isTraced);
      }
      return { status: "run", reason: `it would fail: ${error.message}` };
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
   * Decides anew on those whose recorded outputs a node needs, and that are not all there: as a build would, which goes
   * back for them. False when there is none.
   */
  async #lookAgain({ call }: PlanNode): Promise<boolean> {
    this.#rebuilder.forget();
    let isAny = false;
    for (const needed of this.#needed(call)) {
      const node = this.plan.nodeByCall.get(needed);
      const produced = node && this.#settled.get(node.id)?.produced;
      if (node === undefined || produced === undefined) continue;
      if (await this.#rebuilder.isWhole(produced)) continue;
      this.#settled.set(node.id, await this.#decideOn(node, false));
      isAny = true;
    }
    return isAny;
  }

  /** The calls whose outputs it needs, and which are not known. */
  #unmade({ call }: PlanNode): StageCall[] {
    return this.#needed(call).filter((each) => !this.hasRun(each));
  }

  /** The calls whose outputs it needs. */
  #needed(call: StageCall): StageCall[] {
    const needed = new Set<StageCall>();
    const artifacts: Iterable<Artifact> = call.command.mounts.map(({ artifact }) => artifact);
    for (const artifact of artifacts) for (const each of producersOf(artifact)) needed.add(each);
    const image = imageArtifact(call.command);
    if (image !== undefined) for (const each of producersOf(image)) needed.add(each);
    if (call.expand !== undefined) for (const each of needsOfCall(call).calls) needed.add(each);
    return [...needed];
  }
}
