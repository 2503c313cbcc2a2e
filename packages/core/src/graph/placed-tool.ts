/**
 * Tools as a command has them: those of artifacts have got a place in its input root.
 *
 * @module
 */
import type { Artifact } from "../artifact/handle.ts";
import { joinPath, type ArtifactPath } from "../artifact/path.ts";
import { sortedBy } from "../base/order.ts";
import { toolTwice } from "../errors/tool-errors.ts";
import type { HostTool, Tool } from "./tool.ts";

/** A program of the input root. */
export interface InputTool {
  readonly type: "input-tool";
  /** Name on the command's `PATH`. */
  readonly name: string;
  /** Where it lies in the input root. */
  readonly path: ArtifactPath;
}

/** A program on the `PATH` of a command. */
export type PlacedTool = HostTool | InputTool;

/**
 * The tools, with places for those of artifacts.
 *
 * @param place - Lays an artifact in the input root, unless it is there already.
 * @throws {@link BuildError} `TOOL_TWICE` when one name would stand for a tool of an artifact and another.
 */
export function placeTools(
  tools: readonly Tool[],
  place: (artifact: Artifact) => ArtifactPath,
): readonly PlacedTool[] {
  const placed = tools.map((tool): PlacedTool => {
    if (tool.type === "host-tool") return tool;
    const { name, artifact, path } = tool;
    return { type: "input-tool", name, path: joinPath(place(artifact), path) };
  });
  for (const { name, path } of inputTools(placed)) {
    const other = placed.find(
      (each) => each.name === name && !(each.type === "input-tool" && each.path === path),
    );
    if (other !== undefined) throw toolTwice(name, path, describeTool(other));
  }
  return placed;
}

/** Those that lie in the input root, in the order of their names, each once. */
export function inputTools(tools: readonly PlacedTool[] | undefined): readonly InputTool[] {
  // Nearly always none.
  if (tools === undefined || !tools.some(({ type }) => type === "input-tool")) return none;
  const own = tools.filter((tool) => tool.type === "input-tool");
  return sortedBy([...new Map(own.map((tool) => [tool.name, tool])).values()], ({ name }) => name);
}

const none: readonly InputTool[] = [];

/** True when some of the tools are called so. */
export function hasTool(tools: readonly Tool[], name: string): boolean {
  return tools.some((tool) => tool.type === "artifact-tool" && tool.name === name);
}

function describeTool(tool: PlacedTool): string {
  return tool.type === "input-tool" ? `${tool.path} in the input root` : "the host's";
}
