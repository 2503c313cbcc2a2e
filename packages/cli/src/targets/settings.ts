/**
 * Settings: what a build file says about how to build, besides what.
 *
 * @module
 */
import type { Amounts, Runner, Store } from "@ashlar/core";

import type { Reporter } from "../reporters/reporter.ts";

/**
 * The export `settings` of a build file. Options of the command line go before them.
 *
 * @example
 * ```ts
 * export const settings: Settings = { runner: () => containerRunner({ image: "debian:12" }) };
 * ```
 */
export interface Settings {
  /**
   * Where commands run; or what makes the runner, once it is needed.
   *
   * @defaultValue processes on this machine: `localRunner()`, which keeps large inputs laid out in `trees` of the store
   */
  readonly runner?: Runner | (() => Runner | Promise<Runner>);
  /**
   * A store, or the directory of one, relative to the build file.
   *
   * @defaultValue the directory in `ASHLAR_STORE`, else `ashlar` in the platform's place for caches
   */
  readonly store?: Store | string;
  /**
   * What stands behind the store: `(store) => withRemote(store, sharedFolder("/mnt/team/ashlar"))`. Given the store that
   * an option, `store` or the environment names; not called with `--no-remote`.
   *
   * @defaultValue nothing: the store alone
   */
  readonly remote?: (store: Store) => Store | Promise<Store>;
  /** What commands share: `{ cpu: 8, db: 1 }`. @defaultValue the processors and the memory of the machine */
  readonly resources?: Amounts;
  /** Whether stages that do not depend on a failed one still run. @defaultValue false */
  readonly keepGoing?: boolean;
  /** Who is told of builds besides: `telemetryReporter(api)`, or anything with its methods. @defaultValue nobody */
  readonly reporters?: readonly Reporter[];
}
