/**
 * Drawing the timeline.
 *
 * @module
 */
import { shownTime } from "../../src/shown.ts";
import { fit } from "../graph/labels.ts";
import type { Model } from "../model.ts";
import type { Selection } from "../selection.ts";
import { inkOn, type Theme } from "../theme.ts";
import { hatching } from "./hatching.ts";
import { marksOf, type Bar, type Lanes } from "./lanes.ts";
import type { Scale } from "./scale.ts";

/** Where lanes lie on the canvas, in pixels. */
export interface Places {
  readonly width: number;
  readonly height: number;
  /** Room for the names of lanes. */
  readonly left: number;
  /** Of the lane of hits, 0 when there is none. */
  readonly hitsHeight: number;
  readonly laneHeight: number;
  readonly axisHeight: number;
}

/** What is drawn. */
export interface TimelineParts {
  readonly lanes: Lanes;
  readonly scale: Scale;
  readonly places: Places;
  readonly model: Model;
  readonly selection: Selection;
  readonly theme: Theme;
  readonly font: string;
}

/** Room that lanes need: a canvas higher than its place is scrolled. */
export function placesFor({ slots, ticks }: Lanes, width: number, room: number): Places {
  const axisHeight = 20;
  const hitsHeight = ticks.length > 0 ? 16 : 0;
  const fitting = (room - axisHeight - hitsHeight) / Math.max(1, slots);
  const laneHeight = Math.max(9, Math.min(30, Math.floor(fitting)));
  const height = axisHeight + hitsHeight + laneHeight * slots;
  return { width, height, left: width < 500 ? 34 : 52, hitsHeight, laneHeight, axisHeight };
}

/** Where a bar lies. */
export function boxOf(
  bar: Pick<Bar, "from" | "row" | "to">,
  { scale, places }: Pick<TimelineParts, "places" | "scale">,
): {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
} {
  const x = xOf(bar.from, scale, places);
  const gap = places.laneHeight > 12 ? 2 : 1;
  return {
    x,
    y: places.axisHeight + places.hitsHeight + (bar.row - 1) * places.laneHeight + gap,
    width: Math.max(1, xOf(bar.to, scale, places) - x),
    height: places.laneHeight - 2 * gap,
  };
}

/** Where a time lies. */
export function xOf(ms: number, { from, to }: Scale, { left, width }: Places): number {
  return left + ((ms - from) / (to - from)) * (width - left);
}

/** Draws all of it, but for what the reader looks at. */
export function drawTimeline(context: CanvasRenderingContext2D, parts: TimelineParts): void {
  const { places, theme } = parts;
  context.clearRect(0, 0, places.width, places.height);
  context.save();
  context.beginPath();
  context.rect(places.left, 0, places.width - places.left, places.height);
  context.clip();
  drawLanes(context, parts);
  drawTicks(context, parts);
  drawBars(context, parts);
  drawWay(context, parts);
  context.restore();
  drawAxis(context, parts);
  drawNames(context, parts);
  context.fillStyle = theme.gate;
  context.fillRect(places.left - 1, places.axisHeight, 1, places.height);
}

function drawLanes(context: CanvasRenderingContext2D, parts: TimelineParts): void {
  const { lanes, theme } = parts;
  const idle = hatching(context, "forth", theme.idle);
  for (const gap of lanes.gaps) {
    const box = boxOf(gap, parts);
    context.fillStyle = theme.lane;
    context.fillRect(box.x, box.y, box.width, box.height);
    if (box.width < 2) continue;
    context.fillStyle = idle;
    context.fillRect(box.x, box.y, box.width, box.height);
  }
}

function drawTicks(
  context: CanvasRenderingContext2D,
  { lanes, scale, places, theme }: TimelineParts,
): void {
  context.fillStyle = theme.state.reused;
  // Thousands of them lie on a few pixels.
  const all = new Set(lanes.ticks.map(({ at }) => Math.round(xOf(at, scale, places))));
  for (const x of all) {
    context.fillRect(x, places.axisHeight + 2, 2, places.hitsHeight - 4);
  }
}

function drawBars(context: CanvasRenderingContext2D, parts: TimelineParts): void {
  const { lanes, scale, theme, model, font } = parts;
  const hatchings = {
    failed: hatching(context, "back", theme.ground),
    cancelled: hatching(context, "cross", theme.ground),
  };
  context.font = `500 11px ${font}`;
  context.textBaseline = "middle";
  for (const bar of lanes.bars) {
    if (bar.to < scale.from || bar.from > scale.to) continue;
    const box = boxOf(bar, parts);
    const isShown = parts.selection.isShown(bar.node);
    context.fillStyle = isShown ? theme.state[bar.state] : theme.ghost;
    // A hair of ground between two bars that touch.
    const width = box.width > 3 ? box.width - 1 : box.width;
    context.fillRect(box.x, box.y, width, box.height);
    const hatched = bar.state === "failed" || bar.state === "cancelled" ? bar.state : undefined;
    if (hatched !== undefined && isShown && width > 4) {
      context.globalAlpha = 0.55;
      context.fillStyle = hatchings[hatched];
      context.fillRect(box.x, box.y, width, box.height);
      context.globalAlpha = 1;
    }
    // Its name is written into what of it is seen.
    const seen = Math.max(box.x, parts.places.left);
    const room = Math.min(box.x + width, parts.places.width) - seen;
    if (room > 34 && box.height >= 13 && isShown) {
      writeName(context, fit(context, model.label(bar.node), room - 10), {
        ...{ x: seen + 5, y: box.y + box.height / 2 + 0.5 },
        ground: theme.state[bar.state],
      });
    }
  }
}

/** Writes on a colour, in black or white, whichever is read more easily. */
function writeName(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y, ground }: { readonly x: number; readonly y: number; readonly ground: string },
): void {
  // Over a hatching, letters need some of the ground around them.
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.fillStyle = inkOn(ground);
  context.fillText(text, x, y);
}

/** The critical path: a rim around its bars, and a line from one to the next. */
function drawWay(context: CanvasRenderingContext2D, parts: TimelineParts): void {
  const { lanes, theme, model, places, scale } = parts;
  const bars = new Map(lanes.bars.map((bar) => [bar.node, bar]));
  const thin = places.laneHeight < 14;
  // So many lines would hide what they lead to.
  const isSparse = model.data.criticalPath.length * scale.share < places.width / 24;
  let before: ReturnType<typeof boxOf> | undefined;
  context.strokeStyle = theme.critical;
  context.fillStyle = theme.critical;
  for (const node of model.data.criticalPath) {
    const bar = bars.get(node);
    if (bar === undefined) continue;
    const box = boxOf(bar, parts);
    if (box.width > 4) {
      context.lineWidth = thin ? 1.5 : 2;
      context.strokeRect(box.x + 1, box.y + 1, box.width - 3, box.height - 2);
    } else context.fillRect(box.x, box.y, Math.max(2, box.width), box.height);
    if (before !== undefined && isSparse) {
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(before.x + before.width - 1, before.y + before.height / 2);
      context.lineTo(box.x, box.y + box.height / 2);
      context.stroke();
    }
    before = box;
  }
}

/** Draws a rim around what the reader looks at. */
export function drawMarked(context: CanvasRenderingContext2D, parts: TimelineParts): void {
  const { lanes, selection, theme } = parts;
  for (const bar of lanes.bars) {
    if (bar.node !== selection.selected && bar.node !== selection.hovered) continue;
    const box = boxOf(bar, parts);
    context.strokeStyle = theme.accent;
    context.lineWidth = 3;
    context.strokeRect(box.x - 1.5, box.y - 0.5, box.width + 2, box.height + 1);
  }
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { scale, places, theme, font }: TimelineParts,
): void {
  context.font = `11px ${font}`;
  context.textBaseline = "middle";
  context.fillStyle = theme.faint;
  const marks = marksOf(scale.from, scale.to, (places.width - places.left) / 90);
  for (const [order, ms] of marks.entries()) {
    const x = xOf(ms, scale, places);
    const text = markText(ms, (marks[1] ?? 0) - (marks[0] ?? 0));
    const half = context.measureText(text).width / 2;
    context.textAlign =
      x + half > places.width ? "right" : order === 0 && x - half < places.left ? "left" : "center";
    context.fillText(text, Math.min(x, places.width - 1), places.axisHeight / 2);
    context.fillRect(x, places.axisHeight - 4, 1, 4);
  }
  context.textAlign = "start";
}

function markText(ms: number, step: number): string {
  if (step < 1000 && ms >= 1000 && ms < 60_000)
    return `${(ms / 1000).toFixed(step < 100 ? 2 : 1)} s`;
  return ms === 0 ? "0" : ms < 60_000 && ms >= 1000 ? `${Math.round(ms / 1000)} s` : shownTime(ms);
}

function drawNames(
  context: CanvasRenderingContext2D,
  { lanes, places, theme, font }: TimelineParts,
): void {
  context.font = `11px ${font}`;
  context.textBaseline = "middle";
  context.fillStyle = theme.faint;
  const word = places.left < 50 ? "" : "slot ";
  if (places.hitsHeight > 0) {
    context.fillText("hits", 2, places.axisHeight + places.hitsHeight / 2);
  }
  // As many as there is room for.
  const every = Math.ceil(13 / places.laneHeight);
  for (let row = 1; row <= lanes.slots; row += every) {
    const y = places.axisHeight + places.hitsHeight + (row - 0.5) * places.laneHeight;
    context.fillText(`${word}${row}`, 2, y);
  }
}
