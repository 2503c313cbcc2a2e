/**
 * The frontier: which nodes of a plan may start now.
 *
 *     waiting ──last dependency succeeds──▶ ready ──take──▶ running ──settle──▶ settled
 *        ▲  └─────a dependency does not────────────────────────────────────────▲ (skipped)
 *        └──────────rewind, suspend: a dependency must run again, or is new────┘
 *
 * Pure bookkeeping: it starts nothing, awaits nothing and reads no clock, so a test can drive it
 * through every interleaving. Time and processes belong to `scheduler.ts`.
 *
 * @module
 */
import { invariant } from "../base/assert.ts";
import { Heap } from "../base/heap.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";

/** Where a node stands. */
export type NodeState = "waiting" | "ready" | "running" | "succeeded" | "unsuccessful";

/** The progress of one build through one plan. */
export class Frontier {
  readonly #nodes: readonly PlanNode[];
  readonly #states: NodeState[];
  /** Dependencies that a waiting node still waits for. */
  readonly #unsettled: number[];
  readonly #ready: Heap<PlanNode>;
  #open: number;

  /** @param plan - Its nodes may become more: {@link Frontier.grow}. */
  constructor({ nodes }: Pick<Plan, "nodes">) {
    this.#nodes = nodes;
    this.#open = nodes.length;
    this.#states = nodes.map(() => "waiting");
    this.#unsettled = nodes.map(({ dependencies }) => dependencies.length);
    // Longest way to the end first, so that the slowest chain is never kept waiting.
    this.#ready = new Heap((a, b) => b.pathLength - a.pathLength || a.id - b.id);
    for (const node of nodes) if (node.dependencies.length === 0) this.#enqueue(node);
  }

  /** True once every node has settled. */
  get done(): boolean {
    return this.#open === 0;
  }

  stateOf(id: NodeId): NodeState {
    return this.#states[id] ?? "waiting";
  }

  /** Moves the most urgent ready node to running, if there is one, and returns it. */
  take(): PlanNode | undefined {
    let node = this.#ready.pop();
    // One that was put back to wait is still in the queue.
    while (node !== undefined && this.#states[node.id] !== "ready") node = this.#ready.pop();
    if (node !== undefined) this.#states[node.id] = "running";
    return node;
  }

  /**
   * Lets nodes succeed without running, those first that others wait for: each that waits for nothing any
   * more, and of which `holds` says so. In a build in which nothing has changed these are nearly all, and
   * none of them goes through the queue.
   */
  succeedAtOnce(holds: (node: PlanNode) => boolean): void {
    // The numbers of nodes that were in the plan from the start are an order to run them in.
    for (const node of this.#nodes) {
      const { id, dependents } = node;
      const before = this.#states[id];
      if (this.#unsettled[id] !== 0 || (before !== "waiting" && before !== "ready")) continue;
      // Whoever is told of it may have everything stopped that is not running.
      this.#states[id] = "running";
      if (holds(node)) {
        this.#settle(id, "succeeded");
        for (let index = 0; index < dependents.length; index++) {
          const above = dependents[index] as NodeId;
          this.#unsettled[above] = (this.#unsettled[above] ?? 0) - 1;
        }
      } else if (before === "ready") this.#states[id] = "ready";
      else this.#enqueue(node);
    }
  }

  /** Records that a running node has succeeded, and readies each node that waited for it alone. */
  succeed(id: NodeId): void {
    this.#settle(id, "succeeded");
    for (const dependent of this.#node(id).dependents) {
      if (this.#states[dependent] !== "waiting") continue;
      const left = (this.#unsettled[dependent] ?? 0) - 1;
      this.#unsettled[dependent] = left;
      if (left === 0) this.#enqueue(this.#node(dependent));
    }
  }

  /**
   * Records that a running node has not succeeded. Returns the nodes that can no longer start: all that
   * wait for it, directly or not, each after one that it depends on.
   */
  fail(id: NodeId): NodeId[] {
    this.#settle(id, "unsuccessful");
    const skipped: NodeId[] = [];
    const skipAbove = (below: NodeId): void => {
      for (const dependent of this.#node(below).dependents) {
        if (this.#states[dependent] !== "waiting") continue;
        this.#settle(dependent, "unsuccessful");
        skipped.push(dependent);
      }
    };
    skipAbove(id);
    for (let at = 0; at < skipped.length; at++) skipAbove(skipped[at] as NodeId);
    return skipped;
  }

  /** Settles every node that has not been started, and returns them. */
  stop(): NodeId[] {
    const stopped: NodeId[] = [];
    for (const { id } of this.#nodes) {
      if (this.#states[id] !== "waiting" && this.#states[id] !== "ready") continue;
      this.#settle(id, "unsuccessful");
      stopped.push(id);
    }
    while (this.#ready.pop() !== undefined);
    return stopped;
  }

  /**
   * Takes nodes in that were added to the plan since. Returns those that can never start, because what
   * they need has not succeeded.
   */
  grow(): NodeId[] {
    const lost: NodeId[] = [];
    for (const node of this.#nodes.slice(this.#states.length)) {
      const { id, dependencies } = node;
      this.#open++;
      this.#states.push("waiting");
      this.#unsettled.push(this.#countUnsettled(dependencies));
      if (dependencies.some((below) => this.#states[below] === "unsuccessful")) {
        this.#settle(id, "unsuccessful");
        lost.push(id);
      } else if (this.#unsettled[id] === 0) this.#enqueue(node);
    }
    return lost;
  }

  /**
   * Puts a running node back, until all of its dependencies have succeeded, of which there may be more
   * now. False if one has settled otherwise: then the node stays where it is.
   */
  suspend(id: NodeId): boolean {
    const { dependencies } = this.#node(id);
    if (dependencies.some((below) => this.#states[below] === "unsuccessful")) return false;
    this.rewind(id, []);
    return true;
  }

  /**
   * Puts a running node back, until those of its dependencies have succeeded again. Other nodes that
   * have not been started wait for them, too.
   */
  rewind(id: NodeId, again: readonly NodeId[]): void {
    for (const producer of again) {
      if (this.#states[producer] !== "succeeded") continue;
      this.#open++;
      for (const dependent of this.#node(producer).dependents) {
        if (this.#states[dependent] === "ready") this.#states[dependent] = "waiting";
        if (this.#states[dependent] !== "waiting") continue;
        this.#unsettled[dependent] = (this.#unsettled[dependent] ?? 0) + 1;
      }
      this.#enqueue(this.#node(producer));
    }
    const { dependencies } = this.#node(id);
    const left = this.#countUnsettled(dependencies);
    this.#unsettled[id] = left;
    this.#states[id] = "waiting";
    if (left === 0) this.#enqueue(this.#node(id));
  }

  #countUnsettled(dependencies: readonly NodeId[]): number {
    return dependencies.filter((below) => this.#states[below] !== "succeeded").length;
  }

  #settle(id: NodeId, state: NodeState): void {
    this.#states[id] = state;
    this.#open--;
  }

  #enqueue(node: PlanNode): void {
    this.#states[node.id] = "ready";
    this.#ready.push(node);
  }

  #node(id: NodeId): PlanNode {
    const node = this.#nodes[id];
    invariant(node !== undefined, `node ${id} is not in the plan`);
    return node;
  }
}
