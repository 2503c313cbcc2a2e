/**
 * The pool: warm containers that wait for their next action.
 *
 * @module
 */
import type { Container, ContainerSpec } from "./container.ts";

/** Hands out containers, each to one user at a time. */
export class Pool {
  readonly #size: number;
  readonly #start: (spec: ContainerSpec) => Promise<Container>;
  /** The one that was used last is at the end. */
  readonly #idle: Container[] = [];
  readonly #waiting: (() => void)[] = [];
  #used = 0;

  /** @param size - How many containers there are at most, used and idle. */
  constructor(size: number, start: (spec: ContainerSpec) => Promise<Container>) {
    this.#size = size;
    this.#start = start;
  }

  /** Gives work a container, when there is room for one. */
  async use<T>(spec: ContainerSpec, work: (container: Container) => Promise<T>): Promise<T> {
    while (this.#used >= this.#size) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#used++;
    try {
      const container = this.#take(spec) ?? (await this.#makeRoom(spec));
      try {
        return await work(container);
      } finally {
        if (await container.renew()) this.#idle.push(container);
        else await container.remove();
      }
    } finally {
      this.#used--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends all containers. None may be in use. */
  async end(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(endOf));
  }

  #take(spec: ContainerSpec): Container | undefined {
    const wanted = keyOf(spec);
    const at = this.#idle.findLastIndex((container) => keyOf(container.spec) === wanted);
    return at === -1 ? undefined : this.#idle.splice(at, 1)[0];
  }

  async #makeRoom(spec: ContainerSpec): Promise<Container> {
    const [oldest] = this.#used + this.#idle.length > this.#size ? this.#idle.splice(0, 1) : [];
    if (oldest !== undefined) await endOf(oldest);
    return await this.#start(spec);
  }
}

async function endOf(container: Container): Promise<void> {
  await container.end();
  await container.remove();
}

function keyOf({ image, network, mounts, limits }: ContainerSpec): string {
  const { memory, cpus, processes } = limits;
  return JSON.stringify([image.reference, network, mounts, memory, cpus, processes]);
}
