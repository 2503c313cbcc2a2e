/**
 * The graph of `graph/shape.mjs`, as a build script describes it.
 *
 * @module
 */
import { inputsOf, lastLayer, sourcePath } from "../graph/shape.mjs";
import { out, sh, stage } from "./api.mjs";

/** @typedef {import("./api.mjs").File} File */

/** The same shell, and so the same processes, as with the peers. */
const script = 'to=$1; shift; head -q -c 20 "$@" > "$to"';

const head = stage(
  "head",
  (/** @type {File} */ source, /** @type {readonly File[]} */ below) =>
    sh`sh -c ${script} sh ${out.file("out.txt")} ${source} ${below}`,
);

/**
 * Describes all stages.
 *
 * @param {number} count
 * @param {(path: string) => File} sourceAt
 * @returns {File[]} the handles of the last layer
 */
export function describeGraph(count, sourceAt) {
  /** @type {File[]} */
  const files = [];
  for (let at = 0; at < count; at++) {
    const below = inputsOf(at).map((input, slot) => fileAt(files, input).as(`${slot}.txt`));
    files.push(head(sourceAt(sourcePath(at)), below));
  }
  return lastLayer(count).map((at) => fileAt(files, at));
}

/**
 * @param {readonly File[]} files
 * @param {number} at
 * @returns {File}
 */
function fileAt(files, at) {
  const file = files[at];
  if (file === undefined) throw new RangeError(`there is no stage ${at}`);
  return file;
}
