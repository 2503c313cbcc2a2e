/**
 * The timeline on the screen: drawn on a canvas, moved by mouse, finger and keys.
 *
 * @module
 */
import { shownTime } from "../../src/shown.ts";
import type { Model } from "../model.ts";
import type { Selection } from "../selection.ts";
import { lookOf } from "../states.ts";
import { readTheme, type Theme } from "../theme.ts";
import { boxOf, drawMarked, drawTimeline, placesFor, type Places } from "./draw-timeline.ts";
import { lanesOf, type Bar, type Lanes } from "./lanes.ts";
import { Scale } from "./scale.ts";

/** What it stands on. */
export interface TimelineViewParts {
  readonly model: Model;
  readonly selection: Selection;
  readonly canvas: HTMLCanvasElement;
  /** Says what is under the pointer. */
  readonly tip: HTMLElement;
}

/** The timeline on the screen. */
export class TimelineView {
  readonly lanes: Lanes;
  readonly #parts: TimelineViewParts;
  readonly #scale: Scale;
  #theme: Theme = readTheme();
  #places: Places;
  /** All that does not change when the reader looks at something else. */
  readonly #base = document.createElement("canvas");
  #isStale = true;
  #isAwaited = false;

  constructor(parts: TimelineViewParts) {
    this.#parts = parts;
    this.lanes = lanesOf(parts.model);
    this.#scale = new Scale(this.lanes.endMs);
    this.#places = this.#measure();
    parts.selection.listen((aspect) => {
      const bar = aspect === "selected" ? this.#barOf(parts.selection.selected) : undefined;
      if (bar !== undefined) this.#scale.show(bar.from, bar.to);
      this.#awaitFrame(aspect === "shown" || bar !== undefined);
    });
    this.#listen();
    this.#draw();
  }

  /** Where a bar lies in the canvas, in pixels; `undefined` for what has none. */
  place(node: number): ReturnType<typeof boxOf> | undefined {
    const bar = this.#barOf(node);
    return bar && boxOf(bar, { scale: this.#scale, places: this.#places });
  }

  recolor(): void {
    this.#theme = readTheme();
    this.redraw();
  }

  reshape(): void {
    this.#places = this.#measure();
    this.redraw();
  }

  zoom(factor: number): void {
    const bar = this.#barOf(this.#parts.selection.selected);
    this.#scale.zoom(factor, bar && (bar.from + bar.to) / 2);
    this.redraw();
  }

  fit(): void {
    this.#scale.fit();
    this.redraw();
  }

  /** Draws all of it with the next frame, once. */
  redraw(): void {
    this.#awaitFrame(true);
  }

  #awaitFrame(isStale: boolean): void {
    this.#isStale ||= isStale;
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    requestAnimationFrame(() => {
      this.#isAwaited = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { canvas, model, selection } = this.#parts;
    const { width, height } = this.#places;
    const ratio = devicePixelRatio;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    for (const each of [this.#base, canvas]) {
      if (each.width === across && each.height === down) continue;
      [each.width, each.height] = [across, down];
      each.style.height = `${height}px`;
      this.#isStale = true;
    }
    const [base, context] = [this.#base.getContext("2d"), canvas.getContext("2d")];
    if (base === null || context === null || across === 0) return;
    const font = getComputedStyle(document.body).fontFamily;
    const look = {
      ...{ places: this.#places, scale: this.#scale, lanes: this.lanes, theme: this.#theme },
      ...{ model, selection, font },
    };
    if (this.#isStale) {
      base.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawTimeline(base, look);
      this.#isStale = false;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, across, down);
    context.drawImage(this.#base, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawMarked(context, look);
  }

  #measure(): Places {
    const { parentElement } = this.#parts.canvas;
    const { clientWidth = 0, clientHeight = 0 } = parentElement ?? {};
    return placesFor(this.lanes, clientWidth, clientHeight);
  }

  #barOf(node: number | undefined): Bar | undefined {
    return node === undefined ? undefined : this.lanes.bars.find((bar) => bar.node === node);
  }

  #barAt(x: number, y: number): Bar | undefined {
    const around = { scale: this.#scale, places: this.#places };
    let best: Bar | undefined;
    let least = 4;
    for (const bar of this.lanes.bars) {
      const box = boxOf(bar, around);
      if (y < box.y - 1 || y > box.y + box.height + 1) continue;
      const away = Math.max(box.x - x, x - box.x - box.width, 0);
      if (away < least) [best, least] = [bar, away];
    }
    return best;
  }

  #listen(): void {
    const { canvas, selection, tip } = this.#parts;
    let held: { readonly x: number; hasMoved: boolean } | undefined;
    let last = 0;
    canvas.addEventListener("pointerdown", ({ offsetX, pointerId }) => {
      held = { x: offsetX, hasMoved: false };
      last = offsetX;
      canvas.setPointerCapture(pointerId);
    });
    canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
      if (held !== undefined && (held.hasMoved || Math.abs(offsetX - held.x) > 3)) {
        held.hasMoved = true;
        this.#scale.move((last - offsetX) / (this.#places.width - this.#places.left));
        last = offsetX;
        this.redraw();
        return;
      }
      const bar = this.#barAt(offsetX, offsetY);
      selection.hover(bar?.node);
      this.#tell(bar, offsetX);
    });
    canvas.addEventListener("pointerup", ({ offsetX, offsetY }) => {
      if (held?.hasMoved === false) selection.select(this.#barAt(offsetX, offsetY)?.node);
      held = undefined;
    });
    canvas.addEventListener("pointercancel", () => {
      held = undefined;
    });
    canvas.addEventListener("pointerleave", () => {
      selection.hover(undefined);
      tip.hidden = true;
    });
    canvas.addEventListener(
      "wheel",
      (event) => {
        // Without a key it scrolls the lanes, or the page.
        const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
        if (!event.ctrlKey && !event.metaKey && !isSideways) return;
        event.preventDefault();
        if (isSideways) this.#scale.move(event.deltaX / this.#places.width);
        else this.#scale.zoom(Math.exp(-event.deltaY / 200), this.#timeAt(event.offsetX));
        this.redraw();
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #timeAt(x: number): number {
    const { left, width } = this.#places;
    const { from, to } = this.#scale;
    return from + ((x - left) / (width - left)) * (to - from);
  }

  #onKey(event: KeyboardEvent): void {
    const { selection } = this.#parts;
    const { bars } = this.lanes;
    const now = bars.findIndex((bar) => bar.node === selection.selected);
    const keys: Readonly<Record<string, () => void>> = {
      ArrowRight: () => selection.select(bars[Math.min(bars.length - 1, now + 1)]?.node),
      ArrowLeft: () => selection.select(bars[Math.max(0, now - 1)]?.node),
      Home: () => selection.select(bars[0]?.node),
      End: () => selection.select(bars.at(-1)?.node),
      "+": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5),
      "0": () => this.fit(),
      Escape: () => selection.select(undefined),
    };
    const act = event.ctrlKey || event.metaKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  #tell(bar: Bar | undefined, x: number): void {
    const { tip, model, canvas } = this.#parts;
    tip.hidden = bar === undefined;
    if (bar === undefined) return;
    const way = bar.isCritical ? ", on the critical path" : "";
    const took = shownTime(bar.to - bar.from);
    tip.textContent = `${model.label(bar.node)}: ${lookOf(bar.state).word}, ${took}${way}`;
    const box = boxOf(bar, { scale: this.#scale, places: this.#places });
    const left = Math.max(4, Math.min(x, canvas.clientWidth - tip.offsetWidth - 4));
    tip.style.left = `${left}px`;
    tip.style.top = `${box.y + box.height + 4}px`;
  }
}
