/**
 * Colours for what is drawn on canvases: those of the style sheet, as they are at the moment.
 *
 * @module
 */
import type { PageState } from "../src/page/page-data.ts";
import { states } from "./states.ts";

/** Colours, as `#rrggbb`. */
export interface Theme {
  readonly state: Readonly<Record<PageState, string>>;
  readonly ground: string;
  readonly text: string;
  readonly faint: string;
  /** What has no state: sources, texts, merges. */
  readonly plain: string;
  /** What the reader has not asked for. */
  readonly ghost: string;
  readonly line: string;
  readonly gate: string;
  /** Lines where there are thousands. */
  readonly many: string;
  readonly critical: string;
  readonly accent: string;
  readonly idle: string;
  readonly lane: string;
}

/** Reads the colours of the style sheet. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const entries = states.map(({ state }) => [state, color(state)] as const);
  return {
    state: Object.fromEntries(entries) as Record<PageState, string>,
    ground: color("ground"),
    text: color("text"),
    faint: color("faint"),
    plain: color("plain"),
    ghost: color("ghost"),
    line: color("line"),
    gate: color("gate"),
    many: color("many"),
    critical: color("critical"),
    accent: color("accent"),
    idle: color("idle"),
    lane: color("lane"),
  };
}

/** Black or white, whichever has the greater contrast with a colour `#rrggbb` (WCAG 2, relative luminance). */
export function inkOn(color: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
}

/** Calls back whenever the system turns dark or light. */
export function onThemeChange(listener: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}

/** Whether the reader wants things to stand still. */
export function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
