/**
 * A frame: what the live reporter shows of a build at one moment.
 *
 *     [12/40] 3 running · 1 queued · 8 ran · 1 reused · 14.2 s, about 20.0 s left
 *       compile   12.1 s of 15.0 s  executing  cc -c main.c
 *       test       3.0 s  queued
 *       … and 1 more
 *
 * A pure function of what is known and of the size of the screen, so that it can be tested without one.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

import sliceAnsi from "slice-ansi";

import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { shownNumber, shownTime } from "../shown.ts";
import type { Progress } from "./progress.ts";
import type { Estimate } from "./remaining.ts";

/** What a frame is made of. */
export interface FrameParts {
  readonly progress: Progress;
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly estimate: Estimate | undefined;
  /** How long a call is expected to take. */
  readonly expectedOf: (id: number) => number | undefined;
  readonly isStopping: boolean;
  /** Size of the screen, in characters. */
  readonly columns: number;
  readonly rows: number;
  readonly colors: Colors;
}

/** Commands that are listed, however high the screen is. */
const maxListed = 8;

/** Columns that names have. */
const maxNameWidth = 40;
const minNameWidth = 8;

/** The lines of a frame: none wider than the screen, and together not higher. */
export function frameLines(parts: FrameParts): readonly string[] {
  const { columns, rows } = parts;
  // One line less: the cursor stands below. One column less: some terminals wrap after the last.
  const height = Math.max(1, rows - 1);
  const width = Math.max(1, columns - 1);
  return [statusLine(parts), ...runningLines(parts, Math.min(maxListed, height - 1), width)]
    .slice(0, height)
    .map((line) => sliceAnsi(line, 0, width));
}

function statusLine({ progress, now, estimate, isStopping, colors }: FrameParts): string {
  const { running, counts, total, settled, startedAt } = progress;
  const place = colors.dim(`[${shownNumber(settled)}/${shownNumber(total)}]`);
  const queued = [...running.values()].filter(({ phase }) => phase === "queued").length;
  const paint = { failed: colors.red, ran: colors.green, reused: colors.dim } as const;
  const parts = [
    ...(isStopping ? [colors.yellow("stopping (Ctrl-C again: at once)")] : []),
    `${shownNumber(running.size - queued)} running`,
    ...(queued === 0 ? [] : [colors.yellow(`${shownNumber(queued)} queued`)]),
    ...(["failed", "ran", "reused"] as const).flatMap((outcome) => {
      const count = counts[outcome];
      return count === 0 ? [] : [paint[outcome](`${shownNumber(count)} ${outcome}`)];
    }),
    `${shownTime(now - startedAt)}${isStopping ? "" : leftText(estimate)}`,
  ];
  return `${place} ${parts.join(colors.dim(" · "))}`;
}

function leftText(estimate: Estimate | undefined): string {
  if (estimate === undefined || estimate.leftMs < 500) return "";
  return `, ${estimate.isAtLeast ? "at least" : "about"} ${shownTime(estimate.leftMs)} left`;
}

/** Those that run longest first: of them, people want to know. */
function runningLines(
  { progress, now, expectedOf, colors }: FrameParts,
  most: number,
  width: number,
): readonly string[] {
  const running = [...progress.running.values()];
  if (running.length === 0 || most < 1) return [];
  const shown = running.length > most ? running.slice(0, Math.max(0, most - 1)) : running;
  const rows = shown.map(({ id, name, startedAt, phase, said }) => {
    const expected = expectedOf(id);
    const took = shownTime(now - startedAt);
    const of = expected === undefined || expected < 1000 ? "" : ` of ${shownTime(expected)}`;
    return { name: oneLine(name), took, of, phase, said };
  });
  const timeWidth = Math.max(0, ...rows.map(({ took }) => took.length));
  const ofWidth = Math.max(0, ...rows.map(({ of }) => of.length));
  // How long it runs is worth more than the end of a long name.
  const room = Math.max(minNameWidth, width - timeWidth - "    ".length);
  const longest = Math.max(0, ...rows.map(({ name }) => columnsOf(name, maxNameWidth)));
  const nameWidth = Math.min(maxNameWidth, longest, room);
  const phaseWidth = Math.max(0, ...rows.map(({ phase = "" }) => phase.length));
  const lines = rows.map(({ name, took, of, phase = "", said = "" }) => {
    const rest = [of.padEnd(ofWidth), phase.padEnd(phaseWidth), plainLine(said)]
      .filter((column, at) => at === 0 || column !== "")
      .join("  ")
      .trimEnd();
    return `  ${fitted(name, nameWidth)}  ${took.padStart(timeWidth)}${colors.dim(rest)}`;
  });
  const left = running.length - shown.length;
  return left === 0 ? lines : [...lines, colors.dim(`  … and ${shownNumber(left)} more`)];
}

/** What a command has printed, without colours and indentation. */
function plainLine(text: string): string {
  return oneLine(stripVTControlCharacters(text).replaceAll(/\s+/g, " ").trim());
}

/** A text at exactly that many columns. */
function fitted(text: string, width: number): string {
  let short = text;
  for (let end = width - 1; columnsOf(short, width) > width; end--) {
    short = `${sliceAnsi(text, 0, end)}…`;
  }
  return short + " ".repeat(width - columnsOf(short, width));
}

/** How many columns a text takes; more than `most` count as one more. */
function columnsOf(text: string, most: number): number {
  if (/^[\u0020-\u007e…]*$/.test(text)) return text.length;
  for (let columns = 0; columns <= most; columns++) {
    if (sliceAnsi(text, 0, columns) === text) return columns;
  }
  return most + 1;
}
