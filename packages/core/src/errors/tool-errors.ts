/**
 * The wording of errors of tools that are taken from artifacts.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A tool should lie in a tree, and does not. What the tree holds is known by the view that found out. */
export function toolNotInTree(tool: string, cause: BuildError): BuildError {
  const { facts, hint } = cause;
  const parts = { message: `tool \`${tool}\` is not there: ${cause.message}`, facts, cause };
  return new BuildError({ code: "TOOL_NOT_FOUND", ...parts, ...(hint !== undefined && { hint }) });
}

/** What should be a tool cannot be executed. */
export function toolNotExecutable(tool: string, path: string, found: string): BuildError {
  return new BuildError({
    code: "TOOL_NOT_EXECUTABLE",
    message: `tool \`${tool}\` cannot be executed`,
    facts: { path, found },
    hint: "set its exec bit where it comes from: `chmod +x`, or `executable: true` of a text",
  });
}

/** One name stands for two programs. */
export function toolTwice(tool: string, first: string, second: string): BuildError {
  return new BuildError({
    code: "TOOL_TWICE",
    message: `two tools are called \`${tool}\``,
    facts: { first: `${first} in the input root`, second },
    hint: "leave one of them out, or give one another name: `tool.from(tree, path, { name })`",
  });
}

/** A declared tool is not on the machine, or not where what was asked alone decides. */
export function toolNotFound(
  tool: string,
  hint: string | undefined,
  asked?: readonly string[],
): BuildError {
  return new BuildError({
    code: "TOOL_NOT_FOUND",
    message:
      asked === undefined
        ? `tool \`${tool}\` is not on this machine`
        : `tool \`${tool}\` is not where it was looked for`,
    facts: { asked: asked?.join(" ") },
    hint: hint ?? "install it, or add its folder to `PATH`",
  });
}

/** A tool is there, and does not work as its declaration says. */
export function toolFailed(tool: string, asked: string, hint: string | undefined): BuildError {
  return new BuildError({
    code: "TOOL_FAILED",
    message: `tool \`${tool}\` did not print its version`,
    facts: { asked },
    hint: hint ?? "correct the `version` of its declaration, or leave it out to go by its bytes",
  });
}
