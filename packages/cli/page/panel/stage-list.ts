/**
 * The list of stages: the same as the graph, as text.
 *
 * @module
 */
import { shownCount, shownNumber, shownTime } from "../../src/shown.ts";
import { button, make } from "../element.ts";
import type { Model } from "../model.ts";
import type { Selection } from "../selection.ts";
import { lookOf, states } from "../states.ts";

/** Stages that are listed at first, and added each time that somebody asks for more. */
const inStep = 100;

/** In what order stages are listed. */
export type Order = "name" | "plan" | "state" | "time";

/** What a list stands on. */
export interface StageListParts {
  readonly model: Model;
  readonly selection: Selection;
  readonly list: HTMLElement;
  /** Says how many there are. */
  readonly count: HTMLElement;
}

/** The list of stages on the screen. */
export class StageList {
  readonly #parts: StageListParts;
  readonly #rank = new Map(states.map(({ state }, at) => [state, at]));
  #order: Order = "state";
  #shown: readonly number[] = [];
  #length = inStep;

  constructor(parts: StageListParts) {
    this.#parts = parts;
    parts.selection.listen((aspect) => {
      if (aspect === "shown") this.#again();
      if (aspect === "selected") this.#mark();
    });
    this.#again();
  }

  /** The first one that is listed. */
  get first(): number | undefined {
    return this.#shown[0];
  }

  sortBy(order: Order): void {
    this.#order = order;
    this.#again();
  }

  #again(): void {
    const { model, selection, count } = this.#parts;
    const found = model.stages.filter((at) => selection.isShown(at));
    this.#shown = this.#sorted(found);
    this.#length = inStep;
    const all = shownCount(model.stages.length, "stage");
    count.textContent = selection.isNarrowed ? `${shownNumber(found.length)} of ${all}` : all;
    this.#draw();
  }

  #sorted(found: readonly number[]): readonly number[] {
    const { model } = this.#parts;
    const byTime = (a: number, b: number): number =>
      model.durationMs(b) - model.durationMs(a) || a - b;
    const rank = (at: number): number => this.#rank.get(model.stage(at)?.state ?? "unknown") ?? 0;
    switch (this.#order) {
      case "plan":
        return found;
      case "name":
        return found.toSorted((a, b) =>
          model.label(a).localeCompare(model.label(b), "en", { numeric: true }),
        );
      case "state":
        return found.toSorted((a, b) => rank(a) - rank(b) || byTime(a, b));
      case "time":
        return found.toSorted(byTime);
    }
  }

  #draw(): void {
    const { list } = this.#parts;
    const items = this.#shown.slice(0, this.#length).map((at) => this.#item(at));
    const left = this.#shown.length - items.length;
    if (left > 0) {
      const more = button(
        {
          class: "small",
          onClick: () => {
            const next = this.#length;
            this.#length += inStep;
            this.#draw();
            list.querySelectorAll<HTMLElement>("button.stage")[next]?.focus();
          },
        },
        `${Math.min(inStep, left)} more of ${shownNumber(left)}`,
      );
      items.push(make("li", { class: "more" }, more));
    }
    if (items.length === 0) items.push(make("li", { class: "faint more" }, "No stage fits."));
    list.replaceChildren(...items);
    this.#mark();
  }

  #item(at: number): HTMLElement {
    const { model, selection } = this.#parts;
    const state = model.stage(at)?.state ?? "unknown";
    const ms = model.durationMs(at);
    const item = button(
      {
        class: "stage",
        attributes: { "data-node": String(at) },
        onClick: () => selection.select(at),
      },
      make("i", { class: `dot ${state}`, attributes: { "aria-hidden": "true" } }),
      make("span", { class: "name", title: model.label(at) }, model.label(at)),
      make("span", { class: "state" }, lookOf(state).word),
      make("span", { class: "time" }, ms > 0 ? shownTime(ms) : ""),
    );
    item.addEventListener("pointerenter", () => selection.hover(at));
    item.addEventListener("pointerleave", () => selection.hover(undefined));
    return make("li", {}, item);
  }

  #mark(): void {
    const { list, selection } = this.#parts;
    for (const item of list.querySelectorAll("button.stage")) {
      const isSelected = item.getAttribute("data-node") === String(selection.selected);
      if (isSelected) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    }
  }
}
