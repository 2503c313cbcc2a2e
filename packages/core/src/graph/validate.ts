/**
 * Validating: checks that belong to an artifact.
 *
 *     app ──────────▶ package          goes on at once
 *      └──▶ check                      runs beside, and can still fail the build
 *
 * @module
 */
import { makeArtifact } from "../artifact/artifact.ts";
import { isArtifact, isHandle, state, type Artifact, type Gate } from "../artifact/handle.ts";
import { notAHandle } from "../errors/catalogue.ts";
import { validatedOrigin } from "./copies.ts";

/**
 * The same artifact, with checks that every build of it runs as well.
 *
 * What uses the artifact does not wait for them, and one that fails stops nothing: all else that was
 * asked for is still made, and the build fails at its end. To have others wait, use `after`. Checks are
 * in no key.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE` when something is no artifact, or no handle.
 * @example
 * ```ts
 * const app = validate(compiled.app, check({ app: compiled.app }));
 * const archive = pack({ app }); // checks and packs at once
 * ```
 */
export function validate<A extends Artifact>(artifact: A, ...checks: readonly Gate[]): A {
  if (!isArtifact(artifact)) throw notAHandle(artifact, "the artifact to validate");
  for (const check of checks) if (!isHandle(check)) throw notAHandle(check, "a check");
  const { kind, alias, self } = artifact[state];
  return makeArtifact(kind, validatedOrigin(artifact, checks), { alias, self }) as A;
}
