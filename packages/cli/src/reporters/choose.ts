/**
 * Which reporter: the one that is named, else the one that fits where it writes to.
 *
 * @module
 */
import { makeColors, wantsColor } from "../colors.ts";
import { oneOf, type Options } from "../options.ts";
import type { Surroundings } from "../surroundings.ts";
import { plainReporter } from "./plain.ts";
import { silent, type Reporter } from "./reporter.ts";

/** What a reporter can be told by name. */
const reporterNames = ["auto", "plain", "none"] as const;

/** Makes the reporter that was asked for. */
export function chooseReporter(options: Options, { env, err }: Surroundings): Reporter {
  const named = oneOf("--reporter", options.reporter ?? "auto", reporterNames);
  if (named === "none") return silent;
  const colors = makeColors(wantsColor(err, env, options.color));
  const isVerbose = options.verbose ?? false;
  return plainReporter({ write: (text) => err.write(text), colors, isVerbose });
}
