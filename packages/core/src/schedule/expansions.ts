/**
 * Expansions: what dynamic stages have described in this build, or plan.
 *
 *     inputs there ─▶ body ─▶ handle ─▶ plan grows ─▶ (all of it is made) ─▶ value
 *
 * A dynamic stage passes the scheduler twice: first to describe, then, when what it described has been
 * made, to take its value.
 *
 * @module
 */
import type { Handle } from "../artifact/handle.ts";
import { isArtifact } from "../artifact/handle.ts";
import type { Clock } from "../base/clock.ts";
import { untilAborted } from "../base/until-aborted.ts";
import { emptyDigest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { dynamicCycle, dynamicFailed } from "../errors/dynamic-errors.ts";
import type { BuildEventBody } from "../events/event.ts";
import { needsOf } from "../graph/closure.ts";
import type { Needs } from "../graph/closure.ts";
import { dynamicOutput } from "../graph/dynamic.ts";
import {
  growPlan,
  growthOf,
  type Growth,
  type NodeId,
  type Plan,
  type PlanNode,
} from "../graph/plan.ts";
import type { Expand } from "../graph/stage.ts";
import type { LastLook } from "../rebuild/last-look.ts";
import type { Produced } from "../rebuild/rebuilder.ts";
import { resolveArtifact, type KnownValues } from "../rebuild/resolve.ts";
import type { Sources } from "../rebuild/sources.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Placement } from "../runner/placement.ts";
import type { Value } from "../runner/runner.ts";
import type { Store } from "../store/store.ts";
import type { Capacities } from "./capacities.ts";
import { readable } from "./readable.ts";
import { takeSources } from "./take-sources.ts";

/** What expansions are made with. */
export interface ExpansionOptions {
  readonly plan: Plan;
  readonly sources: Sources;
  readonly store: Store;
  readonly clock: Clock;
  /** Aborted when nothing more is to be started. */
  readonly signal: AbortSignal;
  readonly emit: (event: BuildEventBody) => void;
  readonly identities: ToolIdentities;
  /** What new commands must fit into. A plan does not know, and says nothing of it. */
  readonly capacities?: Capacities | undefined;
  readonly placement: Placement;
  readonly known: KnownValues;
  readonly lastLook: LastLook;
}

/** The dynamic stages of one build, or plan. */
export class Expansions {
  readonly #options: ExpansionOptions;
  readonly #handles = new Map<NodeId, Handle>();

  constructor(options: ExpansionOptions) {
    this.#options = options;
  }

  /** What a node stands for, if its graph was described already. */
  handleOf({ id }: PlanNode): Handle | undefined {
    return this.#handles.get(id);
  }

  /** What a node waits for besides its inputs, if its graph was described already. */
  needsOf({ id }: PlanNode): Needs | undefined {
    const handle = this.#handles.get(id);
    return handle && needsOf([handle]);
  }

  /**
   * Calls the body, and finds out what it adds to the build. Nothing is added yet.
   *
   * @param isOver - Whether a node has succeeded.
   * @throws {@link BuildError} `DYNAMIC_FAILED`, `DYNAMIC_RESULT`, `DYNAMIC_CYCLE`, `RESOURCE_TOO_LARGE`,
   *   `RESOURCE_UNKNOWN`, `RUNNER_UNABLE`, or an error of a new source. Rejects with the signal's reason.
   */
  async describe(
    node: PlanNode,
    expand: Expand,
    isOver: (id: NodeId) => boolean,
  ): Promise<() => readonly PlanNode[]> {
    const { plan, sources, signal, known, identities, capacities, placement } = this.#options;
    const content = this.#options.lastLook.readable;
    const contents: unknown[] = [];
    for (const { artifact } of node.call.command.mounts) {
      contents.push(readable(content, await resolveArtifact(content, artifact, known)));
    }
    let handle: Handle;
    try {
      handle = await untilAborted(expand(contents), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BuildError) throw error;
      throw dynamicFailed(node.name, error, node.call.declaredAt);
    }
    // The plan may grow elsewhere while sources are taken, so growth is found out twice.
    const grow = (): Growth => {
      const growth = growthOf(plan, node, handle, isOver);
      if (growth.cycle !== undefined) throw dynamicCycle(node.name, growth.cycle);
      return growth;
    };
    const { sources: added, closure } = grow();
    for (const call of closure.keys()) call.describedBy(node.call);
    placement.check(closure.keys());
    capacities?.check(closure.keys());
    await takeSources(added, sources, this.#options);
    signal.throwIfAborted();
    await identities.prefetch([...closure.keys()].map(({ command }) => command));
    signal.throwIfAborted();
    return () => this.#add(node, handle, grow());
  }

  /** What the node stands for, when all that it waits for has succeeded. */
  async produce(node: PlanNode): Promise<Produced> {
    const { clock, known, lastLook } = this.#options;
    const handle = this.#handles.get(node.id);
    const values = new Map<string, Value>();
    const isArtifactWanted = node.call.command.outputs.length > 0;
    if (isArtifactWanted && isArtifact(handle)) {
      values.set(dynamicOutput, await resolveArtifact(lastLook.readable, handle, known));
    }
    const at = clock.now();
    const none = { stdout: emptyDigest, stderr: emptyDigest, worker: "" };
    return { values, result: { ...none, startedAt: at, finishedAt: at } };
  }

  #add(node: PlanNode, handle: Handle, growth: Growth): readonly PlanNode[] {
    const { plan, emit } = this.#options;
    const before = new Set(node.dependencies);
    const nodes = growPlan(plan, node, growth);
    this.#handles.set(node.id, handle);
    emit({
      type: "stage-expanded",
      id: node.id,
      name: node.name,
      stages: nodes.map(({ id, name, dependencies }) => ({ id, name, dependencies })),
      dependencies: node.dependencies.filter((id) => !before.has(id)),
    });
    return nodes;
  }
}
