/**
 * `ashlar graph [targets]`.
 *
 * @module
 */
import { planGraph, toDot, toJson, toMermaid } from "@ashlar/core";

import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { oneOf } from "../options.ts";
import { openSession } from "../session.ts";
import { chooseTargets } from "../targets/targets.ts";

const formats = ["dot", "mermaid", "json"] as const;
const render = { dot: toDot, mermaid: toMermaid, json: toJson };

/** Prints the graph. */
export const run: Run = async (names, options, surroundings) => {
  const named = options.json === true ? "json" : (options.format ?? "dot");
  const format = oneOf("--format", named, formats);
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, names);
  const graph = await planGraph(chosen.map(({ handle }) => handle));
  surroundings.out.write(`${render[format](graph).trimEnd()}\n`);
  return exitCode.succeeded;
};
