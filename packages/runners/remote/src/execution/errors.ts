/**
 * The wording of errors about remote execution.
 *
 * @module
 */
import { BuildError } from "@ashlar/core";

import type { Status, StatusName } from "../reapi/messages/status.ts";

/** How a service says that an execution has ended. */
export type SeenStatus = Pick<Status, "message" | "status">;

/** What each status asks of people. */
const hints: Readonly<Partial<Record<StatusName, string>>> = {
  RESOURCE_EXHAUSTED:
    "the service or its worker ran out of something, such as memory, disk or quota: see its logs, or ask for more in its platform",
  INVALID_ARGUMENT: "the service does not understand the action: see its logs",
  INTERNAL:
    "see the logs of the service; what a command leaves that is neither file nor directory is a reason, too",
};

/** A service could not execute a stage: not for lack of a connection, and its command is not said to have failed. */
export function executionFailed(service: string, stage: string, status: SeenStatus): BuildError {
  return new BuildError({
    code: "REMOTE_EXECUTION",
    message: `\`${service}\` could not execute stage \`${stage}\``,
    facts: { status: status.status, "it said": status.message || "nothing" },
    hint: hints[status.status] ?? "see the logs of the service; a `fallback` would run it here",
  });
}

/** Nobody can say whether a command with side effects has run. */
export function endUnknown(service: string, stage: string, status: SeenStatus): BuildError {
  return new BuildError({
    code: "REMOTE_EXECUTION",
    message: `nobody can say whether stage \`${stage}\`, which has side effects, was executed`,
    facts: { service, status: status.status, "it said": status.message || "nothing" },
    hint: "see whether its effect is there; it was not run again, for it must not be run twice",
  });
}

/** The service has stopped a command that ran for too long. */
export function serviceTimedOut(service: string, stage: string, status: SeenStatus): BuildError {
  return new BuildError({
    code: "STAGE_TIMED_OUT",
    message: `stage \`${stage}\` took longer than \`${service}\` lets commands run`,
    facts: { "it said": status.message || "nothing" },
    hint: "raise the limit of the service, or make the command do less",
  });
}

/** A service is given commands as they are keyed, and what a key does not hold stays on this machine. */
export function staysHere(stage: string, what: string, isTool: boolean): BuildError {
  const instead = "name it as a hole of the command, by its path, and it is executed there; or ";
  return new BuildError({
    code: "RUNNER_UNABLE",
    message: `stage \`${stage}\` needs ${what}, which no service can be given`,
    hint: `${isTool ? instead : ""}give the remote runner a \`fallback\`, such as \`localRunner()\`, which runs it here`,
  });
}

/** Nobody answers where commands are to be executed. */
export function executorUnavailable({ message, facts, cause }: BuildError): BuildError {
  return new BuildError({
    code: "REMOTE_UNAVAILABLE",
    message,
    facts,
    hint: "see whether the service runs and can be reached from here; a `fallback` would run its commands here",
    ...(cause !== undefined && { cause }),
  });
}

/** No worker is for the command. */
export function noWorker(service: string, stage: string, said: string): BuildError {
  return new BuildError({
    code: "RUNNER_UNABLE",
    message: `\`${service}\` has no worker that takes stage \`${stage}\``,
    facts: { "it said": said },
    hint: "see which platforms its workers have, and say one of them with `platform`; or start a worker",
  });
}

/** Inputs are not there though they have been uploaded. */
export function inputsLost(service: string, stage: string, said: string): BuildError {
  return new BuildError({
    code: "REMOTE_EXECUTION",
    message: `\`${service}\` does not find the inputs of stage \`${stage}\`, which were uploaded twice`,
    facts: { "it said": said || "nothing" },
    hint: "`cache` has to be the one that the service works with, under the same instance; or it is too small, and drops blobs at once",
  });
}

/** A result names blobs that are not there. */
export function outputsLost(service: string, stage: string, digest: string): BuildError {
  return new BuildError({
    code: "REMOTE_EXECUTION",
    message: `\`${service}\` executed stage \`${stage}\`, and does not have what it made`,
    facts: { missing: digest },
    hint: "`cache` has to be the one that the service works with, under the same instance; or it is too small, and drops blobs at once",
  });
}

/** An image that keys cannot tell from others, or that no service can have. */
export function imageUnfit(image: string, why: "artifact" | "unpinned"): BuildError {
  return new BuildError({
    code: "REMOTE_IMAGE",
    message:
      why === "unpinned"
        ? `image \`${image}\` is not pinned, and workers would run what it is at that time`
        : `an image that is an artifact (${image}) cannot be run by remote execution`,
    hint:
      why === "unpinned"
        ? "name it with its digest: `registry.example/image@sha256:…`"
        : "push it to a registry that the workers reach, and name it with its digest; or send the stage to a `containerRunner()` by `byImage`",
  });
}
