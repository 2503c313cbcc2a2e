/**
 * The origin of an input: from a path in an input root back to the source, text or output it comes from.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import { state, type Artifact } from "../artifact/handle.ts";
import { joinPath, type ArtifactPath } from "../artifact/path.ts";
import { asCall } from "../graph/closure.ts";
import type { Mount } from "../graph/command.ts";
import type { StageCall } from "../graph/stage.ts";
import type { InputOrigin } from "./change.ts";

/** Where an input comes from, and the stage call that made it, if one did. */
export interface FoundOrigin {
  readonly from: InputOrigin;
  readonly producer?: StageCall;
}

/**
 * The origin of what lies at a path.
 *
 * @param path - In the input root; of a directory it ends with `/`.
 * @param labelOf - What people call a stage call.
 */
export function originOfInput(
  mounts: readonly Mount[],
  path: string,
  labelOf: (call: StageCall) => string,
): FoundOrigin {
  const [folder, tail] = path.endsWith("/") ? [path.slice(0, -1), "/"] : [path, ""];
  const [mount] = mounts
    .filter((each) => isAt(folder, each.path))
    .toSorted((a, b) => b.path.length - a.path.length);
  if (mount === undefined) return { from: { type: "unknown" } };
  const below = mount.path === "" ? folder : folder.slice(mount.path.length + 1);
  return originOf(mount.artifact, below, tail, labelOf);
}

function isAt(path: string, place: string): boolean {
  return place === "" || path === place || path.startsWith(`${place}/`);
}

function originOf(
  artifact: Artifact,
  below: string,
  tail: string,
  labelOf: (call: StageCall) => string,
): FoundOrigin {
  const { origin } = artifact[state];
  const path = below === "" ? "" : below + tail;
  switch (origin.type) {
    case "source":
      return { from: { type: "source", location: origin.location, path } };
    case "text":
      return { from: { type: "text", name: nameOf(artifact) } };
    case "output": {
      const producer = asCall(origin.producer);
      const { output } = origin;
      return { from: { type: "output", stage: labelOf(producer), output, path }, producer };
    }
    case "gated":
    case "validated":
      return originOf(origin.base, below, tail, labelOf);
    case "merge": {
      // Where parts lie over each other, the one that was laid deepest is the likeliest.
      const [part] = origin.parts
        .filter((each) => isAt(below, each.path))
        .toSorted((a, b) => b.path.length - a.path.length);
      if (part === undefined) return { from: { type: "unknown" } };
      const inside = part.path === "" ? below : below.slice(part.path.length + 1);
      return originOf(part.artifact, inside, tail, labelOf);
    }
    case "view": {
      const { view } = origin;
      const inBase = "path" in view ? joinPath(view.path, below) : (below as ArtifactPath);
      return originOf(origin.base, inBase, tail, labelOf);
    }
  }
}
