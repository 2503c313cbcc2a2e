/**
 * The wording of errors of dynamic stages.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A dynamic stage returned graph that rests on the stage itself. */
export function dynamicCycle(stage: string, path: readonly string[]): BuildError {
  return new BuildError({
    code: "DYNAMIC_CYCLE",
    message: `dynamic stage \`${stage}\` waits for itself`,
    facts: { stage, cycle: path.map((name) => `\`${name}\``).join(" needs ") },
    hint: "return handles that can be made without its result",
  });
}

/** The body of a dynamic stage threw. */
export function dynamicFailed(
  stage: string,
  cause: unknown,
  declaredAt: string | undefined,
): BuildError {
  return new BuildError({
    code: "DYNAMIC_FAILED",
    message: `the body of dynamic stage \`${stage}\` failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    facts: { stage, "declared at": declaredAt },
    hint: hintOf(cause) ?? "it ran in the process that builds: the stack of the cause says where",
    cause,
  });
}

/** What an error says of its own of the way out. */
function hintOf(error: unknown): string | undefined {
  const hint = error instanceof Error && "hint" in error ? error.hint : undefined;
  return typeof hint === "string" ? hint : undefined;
}

/** The body of a dynamic stage returned something else than it should. */
export function dynamicResult(stage: string, found: string, wanted: string): BuildError {
  const should = wanted === "handle" ? "a handle" : `a ${wanted}`;
  return new BuildError({
    code: "DYNAMIC_RESULT",
    message: `the body of dynamic stage \`${stage}\` returned ${found} instead of ${should}`,
    facts: { stage },
    hint:
      wanted === "handle"
        ? "gather several handles with `all`"
        : "`dynamic` takes any handle; `dynamic.file` a file, `dynamic.tree` a tree",
  });
}
