/**
 * Simulation: how a plan would go if every command took as long as somebody says.
 *
 * A loop over events, without promises, stores and runners: 100,000 calls take a second. But who is ready
 * and who goes first is decided by the parts that decide it in a build, in the order in which a build asks
 * them: the frontier, the resource queue and the priorities.
 *
 * @module
 */
import { Heap } from "../base/heap.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Capacities } from "./capacities.ts";
import { estimatorOf, type Durations } from "./estimates.ts";
import { Frontier } from "./frontier.ts";
import { Priorities } from "./priorities.ts";
import { crowd } from "./resource-pool.ts";
import { ResourceQueue, type Waiter } from "./resource-queue.ts";

/** What is simulated. */
export interface SimulationParts {
  readonly plan: Plan;
  readonly durations: Durations;
  readonly capacities: Capacities;
}

/** When the command of each node would run, in milliseconds from the start of the build. */
export interface SimulatedTimes {
  readonly starts: Float64Array;
  /** As its start, of those that run nothing: dynamic stages, and copies of what has run. */
  readonly ends: Float64Array;
}

/** A command that waits for what it needs. */
interface Waiting extends Waiter {
  readonly node: PlanNode;
}

/** Calls that are one: the first runs, and the others take its result when it is there. */
interface Flight {
  isOver: boolean;
  readonly followers: PlanNode[];
}

/** Lets time pass from the first command to the last. All of them succeed. */
export function simulatePlan(parts: SimulationParts): SimulatedTimes {
  const simulation = new Simulation(parts);
  simulation.run();
  return simulation;
}

class Simulation implements SimulatedTimes {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly #frontier: Frontier;
  readonly #queue: ResourceQueue<Waiting>;
  readonly #priorities: Priorities;
  readonly #durationOf: (node: PlanNode) => number;
  readonly #flights = new Map<StageCall, Flight>();
  /** Those that run, the first one to end first; those of one instant as they were started. */
  readonly #running: Heap<{
    readonly node: PlanNode;
    readonly endsAt: number;
    readonly order: number;
  }>;
  #started = 0;
  #arrivals: PlanNode[] = [];
  #queued = 0;
  #now = 0;

  constructor({ plan, durations, capacities }: SimulationParts) {
    const { length } = plan.nodes;
    this.starts = new Float64Array(length);
    this.ends = new Float64Array(length);
    this.#frontier = new Frontier(plan);
    this.#queue = new ResourceQueue((resource) => capacities.of(resource) ?? 0);
    this.#priorities = new Priorities(plan, durations);
    this.#durationOf = estimatorOf(durations);
    this.#running = new Heap((a, b) => a.endsAt - b.endsAt || a.order - b.order);
  }

  run(): void {
    for (;;) {
      this.#takeReady();
      this.#admit();
      const next = this.#running.peek();
      if (next === undefined) return;
      this.#now = next.endsAt;
      // What ends at one instant ends before anything is started.
      while (this.#running.peek()?.endsAt === this.#now) this.#end();
    }
  }

  #takeReady(): void {
    for (let node = this.#frontier.take(); node !== undefined; node = this.#frontier.take()) {
      this.#arrive(node);
    }
  }

  /** A node whose inputs are there. */
  #arrive(node: PlanNode): void {
    const { call } = node;
    if (call.expand !== undefined) return this.#settle(node, this.#now);
    const flight = this.#flights.get(call.original);
    if (flight?.isOver === true) return this.#settle(node, this.#now);
    if (flight !== undefined) return void flight.followers.push(node);
    this.#flights.set(call.original, { isOver: false, followers: [] });
    this.#arrivals.push(node);
    // As in a build, where a crowd does not wait for those that are still to come.
    if (this.#arrivals.length >= crowd) this.#admit();
  }

  #admit(): void {
    const arrivals = this.#arrivals.toSorted((a, b) => a.id - b.id);
    this.#arrivals = [];
    for (const node of arrivals) {
      const request = node.call.command.run.resources;
      const priority = this.#priorities.of(node.id);
      this.#queue.add({ node, request, priority, order: this.#queued++ });
    }
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) {
      const { node } = next;
      this.starts[node.id] = this.#now;
      const endsAt = this.#now + this.#durationOf(node);
      this.#running.push({ node, endsAt, order: this.#started++ });
    }
  }

  #end(): void {
    const node = this.#running.pop()?.node as PlanNode;
    this.#queue.giveBack(node.call.command.run.resources);
    const flight = this.#flights.get(node.call.original) as Flight;
    flight.isOver = true;
    this.#settle(node, this.starts[node.id] as number);
    for (const follower of flight.followers) this.#settle(follower, this.#now);
  }

  #settle({ id }: { readonly id: NodeId }, startedAt: number): void {
    this.starts[id] = startedAt;
    this.ends[id] = this.#now;
    this.#frontier.succeed(id);
  }
}
