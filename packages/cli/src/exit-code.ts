/**
 * Exit codes: what the process tells whoever started it.
 *
 * @module
 */

/** By what came of it. */
export const exitCode = {
  /** All that was asked for was done. */
  succeeded: 0,
  /** A stage failed, or `verify` and `check` found something. */
  failed: 1,
  /** Nothing was begun: a wrong option, an unknown target, a build file that cannot be loaded. */
  notBegun: 2,
  /** Something around the build: a store or a report that cannot be written, a runner that is not there. */
  unable: 3,
  /** A mistake of this program. */
  bug: 70,
  /** Stopped by Ctrl-C: 128 and the number of SIGINT. */
  interrupted: 130,
  /** Nobody reads what it prints: 128 and the number of SIGPIPE. */
  unheard: 141,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const;

/** One of the codes that this program ends with. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Errors that say that nothing was begun. */
const notBegun: ReadonlySet<string> = new Set([
  "BUILD_FILE_EMPTY",
  "BUILD_FILE_FAILED",
  "BUILD_FILE_MISSING",
  "BUILD_FILE_PROMISE",
  "BUILD_FILE_SYNTAX",
  "BUILD_FILE_TYPES",
  "BUILD_UNKNOWN",
  "COMMAND_LINE",
  "CORE_TWICE",
  "ERROR_CODE_UNKNOWN",
  "INVALID_OPTION",
  "NOT_A_HANDLE",
  "PATH_TAKEN",
  "STAGE_NAME_TWICE",
  "STAGE_UNKNOWN",
  "TARGET_UNFIT",
  "TARGET_UNKNOWN",
]);

/** Errors that are about what is around a build. */
const unable: ReadonlySet<string> = new Set([
  "CONTAINER_ENGINE",
  "CONTAINER_FAILED",
  "EXPORT_FAILED",
  "PLATFORM_UNSUPPORTED",
  "REPORT_UNWRITABLE",
  "SANDBOX_UNAVAILABLE",
  "STORE_TOO_NEW",
  "STORE_UNWRITABLE",
]);

/** The exit code of an error, by its own code. */
export function exitCodeOf(code: string): ExitCode {
  if (notBegun.has(code)) return exitCode.notBegun;
  if (unable.has(code)) return exitCode.unable;
  return code === "BUILD_CANCELLED" ? exitCode.interrupted : exitCode.failed;
}
