/**
 * Options of a cache in object storage.
 *
 * @module
 */

/** Who we are to the service, if its client is not to find that out. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where a cache is, and how it is reached. */
export interface S3CacheOptions {
  readonly bucket: string;
  /** Put before the name of every object: `team/ashlar`. @defaultValue nothing */
  readonly prefix?: string;
  /** @defaultValue what the client finds: `AWS_REGION`, its configuration */
  readonly region?: string;
  /** Address of a service other than Amazon's: `https://s3.example.com`. @defaultValue what the client finds */
  readonly endpoint?: string;
  /**
   * Whether the bucket stands in the path instead of the host, as most services of one's own want it.
   *
   * @defaultValue true with an `endpoint`, false without
   */
  readonly forcePathStyle?: boolean;
  /**
   * @defaultValue what the client finds: `AWS_ACCESS_KEY_ID` and the like, its configuration, the role of the machine
   */
  readonly credentials?: S3Credentials;
  /** Blobs that are larger go in parts of this size, in bytes; 5 MiB at least. @defaultValue 8 MiB */
  readonly partBytes?: number;
  /** Requests under way at once. @defaultValue 64 */
  readonly concurrency?: number;
  /** Further options for the client, as its own documentation has them. They win over all others. */
  readonly client?: Readonly<Record<string, unknown>>;
}
