/**
 * A real service with the protocol of Amazon S3: the Versity gateway, over a folder of its own.
 *
 * `scripts/s3-server.sh` installs it.
 *
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { S3CacheOptions } from "../../src/s3/options.ts";
import { freePort } from "../free-port.ts";
import { programOf } from "../servers.ts";

/** Where the gateway is; `undefined` where it is not installed. */
export const gatewayProgram: string | undefined = programOf("versitygw");

export const credentials = {
  accessKeyId: "AKASHLARTEST",
  secretAccessKey: "ashlar-test-secret-0123456789",
};

/** How long it may take to listen, in milliseconds. It takes a thousandth of it. */
const startMs = 200_000;

/** A gateway that runs. */
export class Gateway implements AsyncDisposable {
  readonly endpoint: string;
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #log = "";

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Gateway> {
    const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-s3-"));
    const gateway = new Gateway(folder, await freePort());
    try {
      await gateway.#start();
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw error;
    }
    return gateway;
  }

  /** What a cache in a bucket is reached with. */
  options(bucket: string): S3CacheOptions {
    return {
      bucket,
      prefix: "team/app",
      region: "us-east-1",
      endpoint: this.endpoint,
      credentials,
    };
  }

  /** Makes a bucket, which is a folder. */
  makeBucket(bucket: string): void {
    fs.mkdirSync(join(this.#folder, "buckets", bucket));
  }

  /** Where an object lies. */
  pathOf(bucket: string, key: string): string {
    return join(this.#folder, "buckets", bucket, key);
  }

  async #start(): Promise<void> {
    fs.mkdirSync(join(this.#folder, "buckets"));
    fs.mkdirSync(join(this.#folder, "attributes"));
    const { accessKeyId, secretAccessKey } = credentials;
    // Not every file system has extended attributes, so these lie beside.
    const words = [
      ...[
        "--access",
        accessKeyId,
        "--secret",
        secretAccessKey,
        "--port",
        `127.0.0.1:${this.#port}`,
      ],
      ...["--quiet", "--keep-alive", "posix", "--sidecar", join(this.#folder, "attributes")],
      join(this.#folder, "buckets"),
    ];
    const child = spawn(gatewayProgram ?? "versitygw", words, {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    child.on("error", (error) => void (this.#log += String(error)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => void (this.#log += chunk.toString()));
    }
    const deadline = performance.now() + startMs;
    while (!(await listens(this.#port))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`versitygw does not listen:\n${this.#log.slice(-4000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const end = once(child, "exit");
    child.kill("SIGKILL");
    await end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
