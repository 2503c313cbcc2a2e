/**
 * The wording of errors about services elsewhere. Their names come as they may be shown, without anything secret.
 *
 * @module
 */
import { BuildError } from "@ashlar/core";

/** It does not answer, or says that it cannot right now. The only one that may go away by itself. */
export function remoteUnavailable(name: string, reason: string, cause?: unknown): BuildError {
  return new BuildError({
    code: "REMOTE_UNAVAILABLE",
    message: `\`${name}\` does not answer as it should`,
    facts: { reason },
    hint: "see whether the service runs and can be reached from here; builds go on without it",
    ...(cause !== undefined && { cause }),
  });
}

/** It does not let us do something: now, and when we ask again. */
export function remoteRefused(
  name: string,
  what: string,
  reason: string,
  cause?: unknown,
): BuildError {
  return new BuildError({
    code: "REMOTE_REFUSED",
    message: `\`${name}\` does not let us ${what}`,
    facts: { reason },
    hint: "check who we are to it: credentials, and what they allow",
    ...(cause !== undefined && { cause }),
  });
}

/** It is no service that we can use, or what it answers makes no sense. */
export function remoteUnfit(
  name: string,
  reason: string,
  hint: string,
  cause?: unknown,
): BuildError {
  return new BuildError({
    code: "REMOTE_UNFIT",
    message: `\`${name}\` is not of use to us`,
    facts: { reason },
    hint,
    ...(cause !== undefined && { cause }),
  });
}

/** A program that should know how to get in does not. */
export function credentialHelperFailed(
  program: string,
  address: string,
  reason: string,
  said?: string,
): BuildError {
  return new BuildError({
    code: "REMOTE_CREDENTIALS",
    message: `the credential helper \`${program}\` has nothing for \`${address}\``,
    facts: { reason, "it said": said },
    hint: `try it by hand: \`echo '{"uri":"${address}"}' | ${program} get\``,
  });
}
