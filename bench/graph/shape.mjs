/**
 * The graph that everybody builds: stages in layers of 100.
 *
 *     src/000/00.txt ──▶ (0) ──┐
 *     src/000/01.txt ──▶ (1) ──┼──▶ (100) ◀── src/001/00.txt
 *     src/000/07.txt ──▶ (7) ──┘
 *
 * A stage reads one source file and three outputs of the layer before, and writes the first 20 bytes of
 * each. So an edit behind the 20th byte of a source makes its stage run again to the same bytes. Knows
 * no build tool: the modules in `peers/` say the same in the language of each.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { sha256 } from "../measure/sha256.mjs";

/** Stages in a layer. */
export const width = 100;

/** Bytes that a stage takes of each input. */
const headBytes = 20;

/** Distances, within the layer before, from a stage's own place to its three inputs. */
const reach = [0, 1, 7];

/**
 * The stages whose outputs a stage reads: none in the first layer, else three.
 *
 * @param {number} stage
 * @returns {number[]}
 */
export function inputsOf(stage) {
  const layer = Math.floor(stage / width);
  if (layer === 0) return [];
  return reach.map((distance) => (layer - 1) * width + ((stage + distance) % width));
}

/**
 * The stages that nothing depends on: the last layer.
 *
 * @param {number} count all stages, a multiple of {@link width}
 * @returns {number[]}
 */
export function lastLayer(count) {
  return Array.from({ length: width }, (_, at) => count - width + at);
}

/**
 * A number of stages that fills its layers.
 *
 * @param {number} wanted
 * @returns {number}
 */
export function wholeLayers(wanted) {
  return Math.max(1, Math.ceil(wanted / width)) * width;
}

/**
 * Where a stage's source lies in the folder of a project.
 *
 * @param {number} stage
 * @returns {string}
 */
export function sourcePath(stage) {
  return `src/${placeOf(stage)}.txt`;
}

/**
 * Where a stage's output lies, for tools that write into the folder of the project.
 *
 * @param {number} stage
 * @returns {string}
 */
export function outputPath(stage) {
  return `out/${placeOf(stage)}.txt`;
}

/**
 * What a source holds. The first 20 bytes tell stages apart; edits come behind them.
 *
 * @param {number} stage
 * @param {number} [edit]
 * @returns {string}
 */
export function sourceText(stage, edit = 0) {
  return `source ${String(stage).padStart(7, "0")} line\nedit ${edit}\n`;
}

/**
 * Writes the sources of a graph.
 *
 * @param {string} folder
 * @param {number} count
 */
export function writeSources(folder, count) {
  for (let stage = 0; stage < count; stage++) {
    const path = join(folder, sourcePath(stage));
    if (stage % width === 0) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, sourceText(stage));
  }
}

/**
 * Edits one source behind its 20th byte.
 *
 * @param {string} folder
 * @param {number} stage
 * @param {number} edit a number that was not used before
 */
export function editSource(folder, stage, edit) {
  writeFileSync(join(folder, sourcePath(stage)), sourceText(stage, edit));
}

/**
 * What the last layer must come out as, computed without any build tool.
 *
 * @param {number} count
 * @returns {string[]} SHA-256 of each output, in hex
 */
export function expectedDigests(count) {
  /** @type {Buffer[]} */
  const outputs = [];
  for (let stage = 0; stage < count; stage++) {
    const below = inputsOf(stage).map((input) => outputs[input] ?? Buffer.alloc(0));
    const inputs = [Buffer.from(sourceText(stage)), ...below];
    outputs.push(Buffer.concat(inputs.map((input) => input.subarray(0, headBytes))));
  }
  return outputs.slice(-width).map(sha256);
}

/**
 * @param {number} stage
 * @returns {string}
 */
function placeOf(stage) {
  const layer = String(Math.floor(stage / width)).padStart(4, "0");
  return `${layer}/${String(stage % width).padStart(2, "0")}`;
}
