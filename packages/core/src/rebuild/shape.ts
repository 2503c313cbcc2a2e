/**
 * Shapes: what a stage call is known by, but for its stage's name, in a few letters.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import { state, type Artifact } from "../artifact/handle.ts";
import { asCall } from "../graph/closure.ts";
import type { StageCall } from "../graph/stage.ts";

/** What it makes, what it is given, and what it says: hashes with dots between them. */
export function shapeOf({ command }: StageCall): string {
  let outputs = firstHash;
  for (const { path } of command.outputs) outputs = mix(outputs, path);
  let inputs = firstHash;
  for (const { path, artifact } of command.mounts) {
    inputs = mix(mix(inputs, path), originText(artifact));
  }
  let words = firstHash;
  for (const word of command.argv) words = mix(words, word);
  return [outputs, inputs, words].map((hash) => (hash >>> 0).toString(36)).join(".");
}

/**
 * Ways in which two shapes can be alike, the closest first: in everything, in two of the three, in
 * one of the three.
 */
export const levels: readonly ((shape: string) => string)[] = [
  (shape) => shape,
  (shape) => part(shape, 0, 1),
  (shape) => part(shape, 0, 2),
  (shape) => part(shape, 1, 2),
  (shape) => part(shape, 1, 1),
  (shape) => part(shape, 2, 2),
  (shape) => part(shape, 0, 0),
];

function part(shape: string, from: number, to: number): string {
  const parts = shape.split(".");
  return from === to ? (parts[from] ?? "") : `${parts[from] ?? ""}.${parts[to] ?? ""}`;
}

/** Where an artifact comes from, by names only: they survive what is put before it in the plan. */
function originText(artifact: Artifact): string {
  const { origin } = artifact[state];
  switch (origin.type) {
    case "output":
      return `${asCall(origin.producer).name} ${origin.output}`;
    case "gated":
    case "validated":
      return originText(origin.base);
    case "view": {
      const { view } = origin;
      return `${"path" in view ? view.path : view.globs.join(" ")} of ${originText(origin.base)}`;
    }
    case "source":
      return origin.location;
    case "merge":
    case "text":
      return nameOf(artifact);
  }
}

/** FNV-1a, 32 bits: quick, and good enough for what only has to be told apart within one stage. */
const firstHash = 0x811c9dc5;

function mix(hash: number, text: string): number {
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return Math.imul(hash ^ 0x1ff, 0x01000193);
}
