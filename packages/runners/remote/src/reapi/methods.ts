/**
 * The calls of the Remote Execution API that we make, by the paths that gRPC has for them.
 *
 * @module
 */

/** Paths of methods. */
export const methods = {
  getCapabilities: "/build.bazel.remote.execution.v2.Capabilities/GetCapabilities",
  findMissingBlobs: "/build.bazel.remote.execution.v2.ContentAddressableStorage/FindMissingBlobs",
  batchReadBlobs: "/build.bazel.remote.execution.v2.ContentAddressableStorage/BatchReadBlobs",
  batchUpdateBlobs: "/build.bazel.remote.execution.v2.ContentAddressableStorage/BatchUpdateBlobs",
  getActionResult: "/build.bazel.remote.execution.v2.ActionCache/GetActionResult",
  updateActionResult: "/build.bazel.remote.execution.v2.ActionCache/UpdateActionResult",
  execute: "/build.bazel.remote.execution.v2.Execution/Execute",
  waitExecution: "/build.bazel.remote.execution.v2.Execution/WaitExecution",
  cancelOperation: "/google.longrunning.Operations/CancelOperation",
  read: "/google.bytestream.ByteStream/Read",
  write: "/google.bytestream.ByteStream/Write",
  queryWriteStatus: "/google.bytestream.ByteStream/QueryWriteStatus",
} as const;
