/**
 * The yard: where containers are. The runners of all images share one.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { RunnerImage } from "@ashlar/core";
import type { Scratch } from "@ashlar/runner-local/parts";

import { Container, type ContainerSettings } from "./container.ts";
import type { Engine, EngineFacts } from "./engine.ts";
import { pinImage, type ImageSearch, type PinnedImage } from "./image.ts";
import type { ContainerRunnerOptions } from "./options.ts";
import { Pool } from "./pool.ts";

/** Containers, and images to make them of. */
export class Yard {
  readonly options: ContainerRunnerOptions;
  readonly scratch: Scratch;
  readonly facts: EngineFacts;
  readonly pool: Pool;
  readonly #slots: Slots;
  readonly #search: ImageSearch;
  /** By name. */
  readonly #pins = new Map<string, Promise<PinnedImage>>();

  constructor(search: ImageSearch, scratch: Scratch, options: ContainerRunnerOptions) {
    const { engine, facts } = search;
    this.options = options;
    this.scratch = scratch;
    this.facts = facts;
    this.#search = search;
    this.#slots = new Slots(scratch);
    const settings = settingsOf(engine, facts, options);
    this.pool = new Pool(
      options.containers ?? availableParallelism(),
      async (spec) => await Container.start(engine, spec, settings, await this.#slots.next()),
    );
  }

  /** Pins an image. A name stands for one image as long as this is there. */
  async pin(image: RunnerImage): Promise<PinnedImage> {
    // Of an artifact, its content may come from another store the next time.
    if (typeof image !== "string") return await pinImage(image, this.#search);
    const pin = this.#pins.get(image) ?? pinImage(image, this.#search);
    this.#pins.set(image, pin);
    try {
      return await pin;
    } catch (error) {
      this.#pins.delete(image);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end();
    this.#slots.end();
    await this.scratch.remove();
  }
}

/** Directories of containers, in that of the runner, which stays as long as there may be one. */
class Slots {
  readonly #scratch: Scratch;
  #directory: Promise<string> | undefined;
  #count = 0;
  #release: () => void = () => {};

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  async next(): Promise<string> {
    this.#directory ??= new Promise((resolve, reject) => {
      const hold = async ({ folder }: { readonly folder: string }): Promise<void> => {
        resolve(folder);
        await new Promise<void>((release) => (this.#release = release));
      };
      this.#scratch.use(hold).catch(reject);
    });
    return join(await this.#directory, String(this.#count++));
  }

  end(): void {
    this.#release();
    this.#directory = undefined;
  }
}

function settingsOf(
  engine: Engine,
  { isRootless }: EngineFacts,
  { graceMs = 2000 }: ContainerRunnerOptions,
): ContainerSettings {
  const own = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const options = isRootless && engine.kind === "podman" ? ["--userns", "keep-id"] : [];
  // The root of a rootless Docker is the user that it runs as.
  const user = isRootless && engine.kind === "docker" ? "0:0" : own;
  return { options, user, graceMs };
}
