/**
 * Requests to object storage: the few that a cache needs, through the service's own client.
 *
 * The client is loaded with the first of them, for it takes a tenth of a second. It finds credentials and region
 * as all tools of that service do. It makes each request once: whoever is in front decides about trying again.
 *
 * @module
 */
import { addAbortSignal, type Readable } from "node:stream";

import type * as S3 from "@aws-sdk/client-s3";

import { remoteUnfit } from "../errors.ts";
import { isAbsent } from "./faults.ts";
import type { S3CacheOptions } from "./options.ts";

/** The client, as its package exports it. */
export type S3Module = typeof S3;

interface Loaded {
  readonly s3: S3Module;
  readonly client: S3.S3Client;
}

/** Requests for the objects of one bucket. */
export class S3Requests {
  readonly #name: string;
  readonly #options: S3CacheOptions;
  readonly #load: () => Promise<S3Module>;
  #loaded: Promise<Loaded> | undefined;

  constructor(name: string, options: S3CacheOptions, load: () => Promise<S3Module>) {
    this.#name = name;
    this.#options = options;
    this.#load = load;
  }

  /** Size of an object, in bytes. Rejects when it is not there. */
  async head(key: string, abortSignal: AbortSignal): Promise<number> {
    const { s3, client } = await this.#open();
    const asked = new s3.HeadObjectCommand(this.#at(key));
    const { ContentLength = 0 } = await client.send(asked, { abortSignal });
    return ContentLength;
  }

  /** The bytes of an object from an offset on; `undefined` when it is not there. */
  async get(
    key: string,
    offset: number,
    abortSignal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { s3, client } = await this.#open();
    const range = offset === 0 ? {} : { Range: `bytes=${offset}-` };
    const asked = new s3.GetObjectCommand({ ...this.#at(key), ...range });
    try {
      const { Body } = await client.send(asked, { abortSignal });
      // The client has let go of the signal by now.
      return addAbortSignal(abortSignal, Body as Readable) as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async put(key: string, bytes: Uint8Array, abortSignal: AbortSignal): Promise<void> {
    const { s3, client } = await this.#open();
    const command = new s3.PutObjectCommand({ ...this.#at(key), Body: bytes });
    await client.send(command, { abortSignal });
  }

  /** Begins an object that is sent in parts. Resolves with what names the upload. */
  async beginUpload(key: string, abortSignal: AbortSignal): Promise<string> {
    const { s3, client } = await this.#open();
    const command = new s3.CreateMultipartUploadCommand(this.#at(key));
    const { UploadId = "" } = await client.send(command, { abortSignal });
    return UploadId;
  }

  /** Sends a part. @param number - From 1. @returns What names its content. */
  async putPart(
    key: string,
    UploadId: string,
    PartNumber: number,
    Body: Uint8Array,
    abortSignal: AbortSignal,
  ): Promise<string> {
    const { s3, client } = await this.#open();
    const command = new s3.UploadPartCommand({ ...this.#at(key), UploadId, PartNumber, Body });
    const { ETag = "" } = await client.send(command, { abortSignal });
    return ETag;
  }

  /** Makes the parts one object. */
  async endUpload(
    key: string,
    UploadId: string,
    tags: readonly string[],
    abortSignal: AbortSignal,
  ): Promise<void> {
    const { s3, client } = await this.#open();
    const Parts = tags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
    const command = new s3.CompleteMultipartUploadCommand({
      ...this.#at(key),
      UploadId,
      MultipartUpload: { Parts },
    });
    await client.send(command, { abortSignal });
  }

  /** Forgets the parts that were sent. */
  async dropUpload(key: string, UploadId: string): Promise<void> {
    const { s3, client } = await this.#open();
    const command = new s3.AbortMultipartUploadCommand({ ...this.#at(key), UploadId });
    await client.send(command, { abortSignal: AbortSignal.timeout(5000) });
  }

  /** Closes connections. */
  async end(): Promise<void> {
    const loaded = await this.#loaded?.catch(() => undefined);
    loaded?.client.destroy();
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#options.bucket, Key: key };
  }

  async #open(): Promise<Loaded> {
    this.#loaded ??= this.#connect();
    return await this.#loaded;
  }

  /** @throws {@link BuildError} `REMOTE_UNFIT` when the package is not there. */
  async #connect(): Promise<Loaded> {
    const { region, endpoint, credentials, concurrency = 64, client: more } = this.#options;
    const forcePathStyle = this.#options.forcePathStyle ?? endpoint !== undefined;
    let s3: S3Module;
    try {
      s3 = await this.#load();
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code !== "ERR_MODULE_NOT_FOUND") throw error;
      const reason = "the package `@aws-sdk/client-s3` is not installed";
      throw remoteUnfit(this.#name, reason, "`npm install @aws-sdk/client-s3`");
    }
    const agent = { keepAlive: true, maxSockets: concurrency };
    const client = new s3.S3Client({
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
      forcePathStyle,
      maxAttempts: 1,
      // Services other than Amazon's do not know its newer checksums, and whoever reads here compares digests.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: {
        connectionTimeout: 5000,
        socketTimeout: 60_000,
        httpAgent: agent,
        httpsAgent: agent,
      },
      ...more,
    });
    return { s3, client };
  }
}
