/**
 * Options of the remote runner.
 *
 * @module
 */
import type { Hermeticity, Runner } from "@ashlar/core";

import type { ConnectionOptions } from "../reapi/connection-options.ts";
import type { RemoteCache } from "../remote-cache.ts";

/** Why a command is not executed remotely though it was to be. */
export type FallbackCause =
  /** The service does not answer, even after several tries. */
  | "unavailable"
  /** It cannot execute this command: it has no worker for its platform, or the command needs what stays on this machine. */
  | "unable";

/** What a remote runner is made of. */
export interface RemoteRunnerOptions extends ConnectionOptions {
  /** Where commands are executed: `grpcs://cluster.example/main`. */
  readonly endpoint: string;
  /**
   * Where its inputs, outputs and results are kept: an address, reached with the same options, or a cache that is at hand
   * already. It has to be the one that the service works with.
   *
   * @defaultValue the endpoint
   */
  readonly cache?: string | RemoteCache;
  /**
   * What workers must be like, in the words of the service. In every key: two platforms share no results.
   *
   * @defaultValue `{ ISA: "x86-64", OSFamily: "linux" }`
   */
  readonly platform?: Readonly<Record<string, string>>;
  /**
   * What the service guarantees of how commands are kept to their inputs. It is taken at your word.
   *
   * @defaultValue `"declared"`
   */
  readonly hermeticity?: Hermeticity;
  /** How far results of others have to be trusted to be reused. @defaultValue any will do */
  readonly demands?: Hermeticity;
  /**
   * Whether results that the service has are taken in the place of executing: those that others of its clients got.
   *
   * @defaultValue true
   */
  readonly reuse?: boolean;
  /** Lower ones are more urgent, as far as the service cares. @defaultValue 0 */
  readonly priority?: number;
  /**
   * Runs what cannot be executed remotely. The keys stay as they are, so it has to be of the same platform. Results
   * name it as the one who ran.
   *
   * @defaultValue none: it is an error
   */
  readonly fallback?: Runner;
  /** When the fallback is for. @defaultValue both */
  readonly fallbackFor?: readonly FallbackCause[];
  /**
   * Runs each command as well, at the same time. The first success counts, and the other is stopped. Not for commands with
   * side effects.
   *
   * @defaultValue none
   */
  readonly race?: Runner;
}
