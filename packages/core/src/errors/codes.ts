/**
 * Every problem that this library names. A code never changes its meaning; each has a page in
 * `docs/errors`.
 *
 * @module
 */

/** All codes, in the order of the alphabet. */
export const errorCodes = [
  "ARTIFACT_NOT_BUILT",
  "BLOB_LOST",
  "BUILD_CANCELLED",
  "COMMAND_NOT_FOUND",
  "CWD_MISSING",
  "DYNAMIC_CYCLE",
  "DYNAMIC_FAILED",
  "DYNAMIC_RESULT",
  "EXPORT_BLOCKED",
  "EXPORT_FAILED",
  "FILE_NAME_NOT_UTF8",
  "FN_CAPTURE",
  "FN_FUNCTION",
  "FN_IMPORT",
  "INVALID_GLOB",
  "INVALID_OPTION",
  "MALFORMED_DIGEST",
  "MALFORMED_MESSAGE",
  "MALFORMED_PATH",
  "MATRIX_CELL_UNKNOWN",
  "MOCK_OUTPUT_UNDECLARED",
  "MOCK_STAGE_UNSCRIPTED",
  "NOT_A_HANDLE",
  "NOT_INTERPOLABLE",
  "NOT_JSON",
  "NO_COMMAND",
  "OUTPUT_MISSING",
  "OUTPUT_PATH_TAKEN",
  "OUTPUT_RESERVED",
  "OUTPUT_TWICE",
  "OUTPUT_UNFIT",
  "OUTPUT_WRONG_KIND",
  "PATH_CONFLICT",
  "PLATFORM_UNSUPPORTED",
  "RUNNER_FAILED",
  "SOURCE_CHANGED",
  "SOURCE_MISSING",
  "SOURCE_NOT_DIRECTORY",
  "SOURCE_UNREADABLE",
  "SPECIAL_FILE",
  "STAGE_BODY",
  "STAGE_FAILED",
  "STAGE_NAME",
  "STAGE_TIMED_OUT",
  "STORE_UNWRITABLE",
  "SYMLINK_LEAVES",
  "TEMPLATE_SYNTAX",
  "TOOL_FAILED",
  "TOOL_NOT_FOUND",
  "VIEW_MISSING",
  "VIEW_WRONG_KIND",
] as const;

/** Stable name of a problem. */
export type ErrorCode = (typeof errorCodes)[number];
