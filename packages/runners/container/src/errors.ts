/**
 * The wording of errors about containers: engines, images, locks.
 *
 * @module
 */
import { BuildError } from "@ashlar/core";

type EngineKind = "docker" | "podman";

/** There is no such program. */
export function engineAbsent(program: string, kind: EngineKind): BuildError {
  const packages = { docker: "docker.io", podman: "podman" };
  return new BuildError({
    code: "CONTAINER_ENGINE",
    message: `the container engine \`${program}\` is not on this machine`,
    hint: `install it (Debian: \`apt-get install ${packages[kind]}\`), or name another with \`engine\``,
  });
}

/** The engine's service does not answer. */
export function engineStopped(kind: EngineKind, said: string): BuildError {
  const start = {
    docker: "`systemctl start docker`, or `dockerd &` as root where there is no systemd",
    podman: "`systemctl --user start podman.socket`, or unset `CONTAINER_HOST`",
  };
  return new BuildError({
    code: "CONTAINER_ENGINE",
    message: `the container engine \`${kind}\` is not running`,
    facts: { "it said": shorten(said) },
    hint: `start it: ${start[kind]}`,
  });
}

/** This user may not talk to the engine. */
export function engineRefused(kind: EngineKind, said: string): BuildError {
  return new BuildError({
    code: "CONTAINER_ENGINE",
    message: `this user may not use the container engine \`${kind}\``,
    facts: { "it said": shorten(said) },
    hint: "join the group of its socket (`usermod -aG docker $USER`, then log in again), or use Podman, which needs no service",
  });
}

/** The engine refused to do something. */
export function engineFailed(kind: EngineKind, verb: string, said: string): BuildError {
  const isFull = /no space left|disk quota/i.test(said);
  return new BuildError({
    code: "CONTAINER_FAILED",
    message: `\`${kind} ${verb}\` failed`,
    facts: { "it said": shorten(said) || "nothing" },
    hint: isFull
      ? `make room: \`${kind} system df\` says what the engine holds; \`scratch\` moves the directories of running actions to another disk`
      : "see what the engine says above",
  });
}

/** The directory of running actions is full. */
export function scratchFull(stage: string, directory: string, cause: unknown): BuildError {
  return new BuildError({
    code: "CONTAINER_FAILED",
    message: `there is no room left to lay out the inputs of stage \`${stage}\``,
    facts: { directory },
    hint: "make room there, or name a directory of a larger disk with the runner's option `scratch`",
    cause,
  });
}

/** Neither the engine nor a registry has the image. */
export function imageUnknown(image: string, kind: EngineKind, said: string): BuildError {
  return new BuildError({
    code: "CONTAINER_IMAGE_UNKNOWN",
    message: `there is no image \`${image}\``,
    facts: { [`${kind} said`]: shorten(said) },
    hint: `check its name; \`${kind} images\` lists those that are here, and \`${kind} login\` lets you see private ones`,
  });
}

/** Nothing says which image a name stands for, and nobody may find out. */
export function imageUnlocked(image: string, lockFile: string): BuildError {
  return new BuildError({
    code: "CONTAINER_IMAGE_LOCK",
    message: `image \`${image}\` is not in the lock file, which is frozen`,
    facts: { "lock file": lockFile },
    hint: "build once without `frozen`, and check the lock file in",
  });
}

/** The image that the lock file names cannot be had any more. */
export function imageMoved(seen: {
  readonly image: string;
  readonly locked: string;
  readonly found: string | undefined;
  readonly lockFile: string;
}): BuildError {
  const { image, locked, found, lockFile } = seen;
  return new BuildError({
    code: "CONTAINER_IMAGE_LOCK",
    message:
      found === undefined
        ? `the image that \`${image}\` is locked to cannot be had`
        : `\`${image}\` has moved: it is not the image that it is locked to, and that one cannot be had`,
    facts: { locked, found, "lock file": lockFile },
    hint: `to go on with ${found === undefined ? "what the name stands for now" : "the new one"}, remove its entry from the lock file and build once without \`frozen\``,
  });
}

/** The lock file cannot be read. */
export function lockUnreadable(lockFile: string, why: string): BuildError {
  return new BuildError({
    code: "CONTAINER_IMAGE_LOCK",
    message: "the lock file of images cannot be read",
    facts: { "lock file": lockFile, reason: why },
    hint: "take it from version control again, or remove it and build once without `frozen`",
  });
}

/** The image is for other processors. */
export function imageArchitecture(image: string, has: string, wanted: string): BuildError {
  return new BuildError({
    code: "CONTAINER_IMAGE_UNFIT",
    message: `image \`${image}\` is for ${has}, and this engine runs ${wanted}`,
    hint: "name an image for this architecture, or build on a machine of the other",
  });
}

/** A runner without an image of its own was given a stage that wants none. */
export function imageNeeded(stage: string): BuildError {
  return new BuildError({
    code: "RUNNER_UNABLE",
    message: `stage \`${stage}\` does not say which image it wants, and the runner has none for such stages`,
    hint: "give the runner an `image`, or say `sh({ image })`",
  });
}

/** The image lacks what every command needs. */
export function imageLacks(image: string, program: string): BuildError {
  return new BuildError({
    code: "CONTAINER_IMAGE_UNFIT",
    message: `image \`${image}\` has no \`${program}\``,
    hint: "commands are started by `/bin/sh` and `env`; an image with static busybox has both, one `FROM scratch` has neither",
  });
}

/** A command asks for the network where nobody may. */
export function networkRefused(stage: string): BuildError {
  return new BuildError({
    code: "CONTAINER_NETWORK",
    message: `stage \`${stage}\` asks for the network, which this runner refuses`,
    facts: { runner: 'network: "refused"' },
    hint: "fetch what it needs with `fetch`, which is pinned by a digest, and drop `network: true`; or let the runner allow it",
  });
}

/** What an engine said, as far as a person will read it. */
function shorten(said: string): string {
  return said.trim().split("\n").slice(-5).join("\n").slice(0, 600);
}
