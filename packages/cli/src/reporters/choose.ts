/**
 * Which reporter: the one that is named, else the one that fits where it writes to.
 *
 * @module
 */
import { resolve } from "node:path";

import type { Handle } from "@ashlar/core";

import { makeColors, wantsColor } from "../colors.ts";
import { readLastBuild } from "../last-build.ts";
import { oneOf, type Options } from "../options.ts";
import type { Session } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import { plainReporter } from "./plain.ts";
import type { Expect } from "./remaining.ts";
import { silent, type Reporter } from "./reporter.ts";

/** What a reporter can be told by name. */
const names = ["auto", "live", "plain", "github", "none"] as const;

/** Makes the reporter that was asked for. */
export async function chooseReporter(
  session: Session,
  handles: readonly Handle[],
  options: Options,
  surroundings: Surroundings,
): Promise<Reporter> {
  const { env, err, out, signal } = surroundings;
  const named = oneOf("--reporter", options.reporter ?? "auto", names);
  const name = named === "auto" ? fitReporter(options, surroundings) : named;
  const colors = makeColors(wantsColor(err, env, options.color));
  const { stream } = err;
  if (name === "none") return silent;
  if (name === "github") {
    // GitHub's runner reads commands on either stream; of `--json`, the standard output is the report's.
    const output = options.json === true ? err : out;
    const { githubReporter } = await import("./github.ts");
    const { sourceLocator } = await import("./locate.ts");
    const { cwd } = session;
    const repository = resolve(env["GITHUB_WORKSPACE"] || surroundings.cwd);
    const locate = await sourceLocator(handles, { cwd, repository });
    return githubReporter({ write: (text) => output.write(text), locate });
  }
  if (name === "live" && stream !== undefined && err.isTTY) {
    const { liveReporter } = await import("./live.ts");
    const { terminalScreen } = await import("./terminal-screen.ts");
    const { slots } = session;
    const screen = terminalScreen(stream);
    return liveReporter({ screen, colors, slots, signal, expect: expectFrom(session) });
  }
  const isVerbose = options.verbose ?? false;
  return plainReporter({ write: (text) => err.write(text), colors, isVerbose });
}

/** Drawings where there is a terminal, annotations in GitHub's CI, lines elsewhere. */
function fitReporter({ verbose }: Options, { env, err }: Surroundings): (typeof names)[number] {
  const isSet = (name: string): boolean => !["", "0", "false"].includes(env[name] ?? "");
  if (isSet("GITHUB_ACTIONS")) return "github";
  const isCi = isSet("CI");
  return err.isTTY && env["TERM"] !== "dumb" && !isCi && verbose !== true ? "live" : "plain";
}

/** How long stages took in the last build. Read when first asked. */
function expectFrom({ store, file }: Session): Expect {
  let known: Map<string, number> | undefined;
  return (label) => {
    known ??= new Map(
      readLastBuild(store, file.path)?.stages.map(({ stage, durationMs }) => [stage, durationMs]),
    );
    return known.get(label);
  };
}
