/**
 * A registry of crates on this machine, as cargo and others ask one: a sparse index, and packed crates.
 *
 * @module
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { HttpServer } from "./http-server.ts";
import { packCrate, type Files } from "./rust-project.ts";

/** A version of a crate, as an index has it. */
interface Entry {
  readonly name: string;
  readonly vers: string;
  readonly cksum: string;
  yanked: boolean;
}

/** A registry, and what it was asked for. */
export class CrateRegistry {
  readonly #server: HttpServer;
  readonly #answers: Record<string, string | Buffer>;
  readonly #entries: Entry[] = [];
  readonly #folder: string;

  private constructor(
    server: HttpServer,
    answers: Record<string, string | Buffer>,
    folder: string,
  ) {
    this.#server = server;
    this.#answers = answers;
    this.#folder = folder;
  }

  /** @param folder - Where crates are packed. */
  static async start(folder: string): Promise<CrateRegistry> {
    const answers: Record<string, string | Buffer> = {};
    const server = await HttpServer.start(answers);
    mkdirSync(folder, { recursive: true });
    answers["/index/config.json"] = JSON.stringify({ dl: server.url("/crates") });
    return new CrateRegistry(server, answers, folder);
  }

  /** As in `.cargo/config.toml`. */
  get index(): string {
    return `sparse+${this.#server.url("/index/")}`;
  }

  /** As in the `config.json` of the index. */
  get dl(): string {
    return this.#server.url("/crates");
  }

  /** Paths, in the order of the requests. */
  get asked(): string[] {
    return this.#server.asked;
  }

  /** A version without dependencies. */
  publish(name: string, version: string, files: Files): void {
    const cksum = packCrate(this.#folder, name, version, files);
    const content = readFileSync(join(this.#folder, `${name}-${version}.crate`));
    this.#answers[pathOf(name, version)] = content;
    this.#entries.push({ name, vers: version, cksum, yanked: false });
    this.#writeIndex(name);
  }

  /** Takes a version back: nobody new gets it, and who has it in a lock file still does. */
  yank(name: string, version: string): void {
    for (const entry of this.#entries) {
      if (entry.name === name && entry.vers === version) entry.yanked = true;
    }
    this.#writeIndex(name);
  }

  /** Loses the packed crate. */
  lose(name: string, version: string): void {
    delete this.#answers[pathOf(name, version)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  /** Names have four letters at least, as most do. */
  #writeIndex(name: string): void {
    const lines = this.#entries
      .filter((entry) => entry.name === name)
      .map((entry) => JSON.stringify({ ...entry, deps: [], features: {} }));
    const path = `/index/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`;
    this.#answers[path] = `${lines.join("\n")}\n`;
  }
}

function pathOf(name: string, version: string): string {
  return `/crates/${name}/${version}/download`;
}
