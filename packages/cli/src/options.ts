/**
 * Options: everything that can be typed after a command, as the command gets it.
 *
 * @module
 */
import { commandLine } from "./errors.ts";

/** What was typed, by name. Which command has which is said in `declared.ts`. */
export interface Options {
  readonly file?: string;
  readonly store?: string;
  readonly remote?: boolean;
  readonly color?: boolean;
  readonly json?: boolean;
  readonly slots?: string;
  readonly keepGoing?: boolean;
  readonly sandbox?: string;
  readonly reporter?: string;
  readonly verbose?: boolean;
  readonly events?: string;
  readonly junit?: string;
  readonly format?: string;
  readonly maxBytes?: string;
  readonly maxAge?: string;
  readonly check?: boolean;
  readonly stage?: readonly string[];
  readonly types?: boolean;
  readonly from?: string;
  readonly against?: string;
  readonly output?: string;
  readonly builder?: string;
  readonly invocation?: string;
  readonly revision?: string;
  readonly sign?: string;
  readonly keyId?: string;
  readonly html?: string;
}

/**
 * Reads a whole number above 0.
 *
 * @throws {@link BuildError} `COMMAND_LINE`.
 */
export function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw commandLine(
    `\`${option} ${text}\` is no whole number above 0`,
    `for instance \`${option} 4\``,
  );
}

const sizes: Readonly<Record<string, number>> = {
  "": 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/**
 * Reads a size: `500m`, `20G`, `1.5 GiB`, `1048576`.
 *
 * @throws {@link BuildError} `COMMAND_LINE`.
 */
export function bytesOf(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (match !== null)
    return Math.floor(Number(match[1]) * (sizes[match[2]?.toLowerCase() ?? ""] ?? 1));
  throw commandLine(`\`${option} ${text}\` is no size`, `for instance \`${option} 20G\``);
}

const spans: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a span of time: `90m`, `12h`, `30d`, `2w`, in milliseconds.
 *
 * @throws {@link BuildError} `COMMAND_LINE`.
 */
export function spanOf(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([mhdw])$/i.exec(text.trim());
  if (match !== null)
    return Math.floor(Number(match[1]) * (spans[match[2]?.toLowerCase() ?? ""] ?? 1));
  throw commandLine(`\`${option} ${text}\` is no span of time`, `for instance \`${option} 30d\``);
}

/**
 * Reads one of some words.
 *
 * @throws {@link BuildError} `COMMAND_LINE`.
 */
export function oneOf<const T extends string>(
  option: string,
  text: string,
  words: readonly T[],
): T {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw commandLine(`\`${option} ${text}\` is not known`, `one of: ${words.join(", ")}`);
}
