/**
 * What contenders share that write outputs into the folder of the project.
 *
 * @module
 */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { inputsOf, lastLayer, outputPath, sourcePath, width } from "../graph/shape.mjs";
import { sha256 } from "../measure/sha256.mjs";

/**
 * Files that a stage reads, relative to the folder of the project.
 *
 * @param {number} stage
 * @returns {string[]}
 */
export function filesRead(stage) {
  return [sourcePath(stage), ...inputsOf(stage).map(outputPath)];
}

/**
 * Makes the folders of all outputs.
 *
 * @param {string} folder
 * @param {number} count
 */
export function makeOutputFolders(folder, count) {
  for (let stage = 0; stage < count; stage += width) {
    mkdirSync(join(folder, dirname(outputPath(stage))), { recursive: true });
  }
}

/**
 * Digests of the outputs of the last layer.
 *
 * @param {string} folder
 * @param {number} count
 * @returns {string[]}
 */
export function outputDigests(folder, count) {
  return digestsAt(folder, lastLayer(count).map(outputPath));
}

/**
 * Digests of files.
 *
 * @param {string} folder
 * @param {readonly string[]} paths relative to the folder
 * @returns {string[]}
 */
export function digestsAt(folder, paths) {
  return paths.map((path) => sha256(readFileSync(join(folder, path))));
}

/**
 * All stages of a graph.
 *
 * @param {number} count
 * @returns {number[]}
 */
export function stagesOf(count) {
  return Array.from({ length: count }, (_, stage) => stage);
}
