/**
 * Verdicts: what people are told of an execution that gave no result.
 *
 * @module
 */
import { commandNotFound, type Action, type BuildError } from "@ashlar/core";

import { remoteRefused } from "../errors.ts";
import type { Connection } from "../reapi/connect.ts";
import { partMissing } from "../reapi/errors.ts";
import { explained } from "../reapi/failures.ts";
import { endUnknown, executionFailed, noWorker, serviceTimedOut } from "./errors.ts";
import type { ExecutionEnd } from "./executions.ts";

/** What a service says of a program that it cannot start. There is no status of its own for that. */
const missingProgram =
  /unable to execute|failed to start process|executable file not found|cannot (?:find|execute) (?:program|command|executable)/i;

/** What a service says when it has nobody to hand an action to. */
const noWorkers = /worker|platform|queue/i;

/** The error for an execution that has ended without a result. */
export function failureOf(connection: Connection, action: Action, end: ExecutionEnd): BuildError {
  const { status: seen, mayHaveRun, outage } = end;
  const { name: service, instance } = connection;
  const { message, status } = seen;
  if (outage !== undefined) {
    if (action.hasSideEffects && mayHaveRun) return endUnknown(service, action.name, seen);
    return explained(outage, { name: service, instance, doing: "execute commands" }) as BuildError;
  }
  if (status === "UNAUTHENTICATED" || status === "PERMISSION_DENIED") {
    return remoteRefused(service, "execute commands", message || status);
  }
  if (status === "UNIMPLEMENTED") return partMissing(service, "execution");
  if (status === "DEADLINE_EXCEEDED") return serviceTimedOut(service, action.name, seen);
  if (status === "FAILED_PRECONDITION" && noWorkers.test(message)) {
    return noWorker(service, action.name, message);
  }
  const mayBeMissing = status === "NOT_FOUND" || status === "INVALID_ARGUMENT";
  if (mayBeMissing && missingProgram.test(message)) {
    const { argv, name: stage, tools } = action;
    const names = tools?.map((tool) => tool.name);
    return commandNotFound({ stage, program: argv[0] ?? "", tools: names });
  }
  return executionFailed(service, action.name, seen);
}
