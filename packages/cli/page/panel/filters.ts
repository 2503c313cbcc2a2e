/**
 * The legend, which is the filter as well: a button for each state that there is.
 *
 * @module
 */
import type { PageState } from "../../src/page/page-data.ts";
import { shownNumber } from "../../src/shown.ts";
import { button, make } from "../element.ts";
import type { Model } from "../model.ts";
import type { Selection } from "../selection.ts";
import { states } from "../states.ts";

/** Fills the legend. */
export function fillFilters(place: HTMLElement, model: Model, selection: Selection): void {
  const buttons = new Map<PageState, HTMLElement>();
  for (const { state, word, about } of states) {
    const count = model.count(state);
    if (count === 0) continue;
    const one = button(
      {
        class: `filter ${state}`,
        title: about,
        attributes: { "aria-pressed": "false", "data-state": state },
        onClick: () => selection.toggle(state),
      },
      make("i", { class: `dot ${state}`, attributes: { "aria-hidden": "true" } }),
      `${word} `,
      make("b", {}, shownNumber(count)),
    );
    buttons.set(state, one);
    place.append(one);
  }
  selection.listen((aspect) => {
    if (aspect !== "shown") return;
    for (const [state, one] of buttons) {
      one.setAttribute("aria-pressed", String(selection.states.has(state)));
    }
  });
}
