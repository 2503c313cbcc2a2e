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

/** Calls back whenever the system turns dark or light. */
export function onThemeChange(listener: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}

/** Whether the reader wants things to stand still. */
export function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
