/**
 * Process groups: a command and all that it started, but for what has left on purpose, as a daemon does.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How long killed processes are waited for, in milliseconds. */
const deathMs = 500;

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
    while (this.#signal(0) && this.#isAlive() && performance.now() < deadline) await sleep(1);
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
    if (process.platform !== "linux") return [];
    return readdirSync("/proc")
      .filter((name) => {
        const [, state, , group] = /\) (\S) (\d+) (\d+) /.exec(statOf(name)) ?? [];
        return Number(group) === this.#leader && state !== "Z" && state !== "X";
      })
      .map(Number);
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

/** What Linux says of a process; empty if there is no such process. */
function statOf(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/stat`, "latin1") : "";
  } catch {
    return "";
  }
}
