/**
 * `ashlar graph [targets]`.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";

import { plan, planGraph, toDot, toJson, toMermaid, type Handle } from "@ashlar/core";

import type { Run } from "../command.ts";
import { commandLine, reportUnwritable } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { readLastBuild, readRecordedBuild } from "../last-build.ts";
import { oneOf, type Options } from "../options.ts";
import { openSession, type Session } from "../session.ts";
import { shownBytes, shownCount } from "../shown.ts";
import type { Surroundings } from "../surroundings.ts";
import { chooseTargets } from "../targets/targets.ts";

const formats = ["dot", "mermaid", "json"] as const;
const render = { dot: toDot, mermaid: toMermaid, json: toJson };

/** Prints the graph, or writes the page of it. */
export const run: Run = async (names, options, surroundings) => {
  const { html, from } = options;
  const named = options.json === true ? "json" : options.format;
  const format = oneOf("--format", named ?? "dot", formats);
  if (html !== undefined && named !== undefined) {
    throw commandLine("`--html` is a format by itself", "leave out `--format` and `--json`");
  }
  if (html === undefined && from !== undefined) {
    throw commandLine("`--from` is of use to `--html` only", "for instance `--html graph.html`");
  }
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, names);
  const handles = chosen.map(({ handle }) => handle);
  if (html !== undefined) await writePage(html, handles, session, { options, surroundings });
  else surroundings.out.write(`${render[format](await planGraph(handles)).trimEnd()}\n`);
  return exitCode.succeeded;
};

async function writePage(
  path: string,
  handles: readonly Handle[],
  session: Session,
  given: { readonly options: Options; readonly surroundings: Surroundings },
): Promise<void> {
  const { cwd, out } = given.surroundings;
  const { from } = given.options;
  const build =
    from === undefined
      ? readLastBuild(session.store, session.file.path)
      : await readRecordedBuild(resolve(cwd, from));
  const coming = await plan(handles, await session.ready());
  // Nobody else needs it.
  const { graphPage } = await import("../page/graph-page.ts");
  const title = relative(resolve(session.cwd, ".."), session.file.path);
  const page = await graphPage(coming, { title, store: session.store, build });
  try {
    writeFileSync(resolve(cwd, path), page);
  } catch (error) {
    throw reportUnwritable(path, error);
  }
  const of = build === undefined ? "; nothing was built yet, so it shows the plan" : "";
  const size = shownBytes(Buffer.byteLength(page));
  out.write(`${path}: ${shownCount(coming.stages.length, "stage")}, ${size}${of}\n`);
}
