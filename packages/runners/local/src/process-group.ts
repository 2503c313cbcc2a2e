/**
 * Process groups: a command and all that it started, but for what has left on purpose, as a daemon does.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { lastProcess } from "./survivors.ts";

/**
 * How long killed processes are waited for, in milliseconds; and how many looks, for a machine that is busy or stands still takes
 * time too. Not for ever: a program of another user may be out of our reach.
 */
const deathMs = 2000;
const deathLooks = 500;

/** All processes that share a command's group. */
export class ProcessGroup {
  readonly #leader: number | undefined;
  readonly #graceMs: number;
  readonly #sparesLeader: boolean;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isGone = false;

  /**
   * @param leader - Number of the group; `undefined` for a command that could not be started.
   * @param graceMs - Time between asking a group to end and killing it, in milliseconds.
   * @param sparesLeader - Whether its first process is not asked to end, for all others end with it.
   */
  constructor(leader: number | undefined, graceMs: number, sparesLeader = false) {
    this.#leader = leader;
    this.#graceMs = graceMs;
    this.#sparesLeader = sparesLeader;
  }

  /** Asks the group to end, and kills it when it has had its time. */
  stop(): void {
    if (this.#sparesLeader) this.#askOthers();
    else this.#signal("SIGTERM");
    this.#timer = setTimeout(() => this.#signal("SIGKILL"), this.#graceMs);
  }

  /** Kills what is left. Once its leader is gone, a group's number may be given to another. */
  kill(): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#isGone = !this.#signal("SIGKILL");
    this.#isOver = true;
  }

  /** Resolves when nobody is left: what was killed takes a moment to end. */
  async gone(): Promise<void> {
    if (this.#isGone) return;
    const deadline = performance.now() + deathMs;
    for (let looks = 1; this.#signal(0) && this.#isAlive(); looks++) {
      if (looks >= deathLooks && performance.now() >= deadline) return;
      await sleep(1);
    }
  }

  /** Asks each process but the first to end. */
  #askOthers(): void {
    for (const pid of this.#members()) {
      if (pid === this.#leader) continue;
      try {
        process.kill(pid, "SIGTERM");
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  /** False if all that is left waits to be reaped: many containers have nobody who does that. */
  #isAlive(): boolean {
    return process.platform !== "linux" || this.#members().length > 0;
  }

  /** Numbers of its living processes, where the system says them. */
  #members(): number[] {
    if (process.platform !== "linux" || this.#leader === undefined) return [];
    const all = readdirSync("/proc").map(Number).filter(Number.isInteger);
    const isMember = (pid: number): boolean => isIn(pid, this.#leader);
    // Looking at all processes of a machine takes milliseconds. Whoever is in the group came after its leader,
    // unless the system has used up its numbers meanwhile, and begun anew.
    const first = this.#leader;
    const hasBegunAnew = (lastProcess() ?? 0) < first;
    const later = hasBegunAnew ? [] : all.filter((pid) => pid >= first).filter(isMember);
    return later.length > 0 ? later : all.filter(isMember);
  }

  /** True if there was anybody in the group. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    if (this.#leader === undefined) return false;
    try {
      return process.kill(-this.#leader, signal);
    } catch {
      return false;
    }
  }
}

/** Whether a process lives, and belongs to a group. */
function isIn(pid: number, group: number | undefined): boolean {
  const [, state, , own] = /\) (\S) (\d+) (\d+) /.exec(statOf(pid)) ?? [];
  return Number(own) === group && state !== "Z" && state !== "X";
}

/** What Linux says of a process; empty if there is no such process. */
function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return "";
  }
}
