/**
 * Where: what a command wants of the runner that takes it. Most want nothing.
 *
 *     label: "gpu"          a router knows who goes by it
 *     image: "debian:12"    a container image, by name
 *     image: rootfs         one that the build makes: a root file system, or an archive
 *
 * None of it is in a key as it stands: keys hold the platform of the runner that takes the command, which
 * names the image that it stands for.
 *
 * @module
 */
import { isArtifact, type Artifact } from "../artifact/handle.ts";
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";

/** Options of a command that say where it wants to run. */
export interface WhereOptions {
  /**
   * The container image that it runs in: its name, or an artifact. A tree is a root file system, a file an
   * archive as `docker save` and tools for OCI images write it. What the image holds is part of the key, by
   * its digest. Only some runners can take such commands: those of containers, and mocks.
   *
   * @defaultValue what the runner runs commands in
   */
  readonly image?: string | Artifact;
  /**
   * Which of several runners takes it: a label that `runners({ byLabel })` knows. Not part of the key.
   *
   * @defaultValue none
   */
  readonly label?: string;
}

/** The same, checked. One of the two is there. */
export interface Where {
  readonly label: string | undefined;
  readonly image: string | Artifact | undefined;
}

/**
 * Checks where a command wants to run; `undefined` when it does not say.
 *
 * @throws {@link BuildError} `INVALID_OPTION`.
 */
export function whereOf({ image, label }: WhereOptions): Where | undefined {
  if (image === undefined && label === undefined) return undefined;
  if (image !== undefined && !isName(image) && !isArtifact(image)) {
    throw invalidOption("image", describe(image), "the name of an image, or an artifact");
  }
  if (label !== undefined && !isName(label)) {
    throw invalidOption("label", describe(label), "a text that is not empty");
  }
  return { label, image };
}

/** The artifact that a command runs in, if it is one. */
export function imageArtifact({ where }: { readonly where?: Where }): Artifact | undefined {
  const image = where?.image;
  return typeof image === "string" ? undefined : image;
}

/** In a few words, for messages: `image \`debian:12\`, label \`gpu\``. */
export function whereText({ image, label }: Where): string {
  const shown = typeof image === "string" ? `image \`${image}\`` : "an image that is an artifact";
  return [
    ...(image === undefined ? [] : [shown]),
    ...(label === undefined ? [] : [`label \`${label}\``]),
  ].join(" and ");
}

/** Programs have no white space at the ends of names, and neither do people mean any. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.trim() === value;
}
