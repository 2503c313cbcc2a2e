/**
 * What the reader looks at: the one state that all parts of a page share.
 *
 * @module
 */
import type { PageState } from "../src/page/page-data.ts";
import type { Model } from "./model.ts";

/** What of it has changed. */
export type Aspect = "hovered" | "selected" | "shown";

/** What the reader looks at. */
export class Selection {
  readonly #model: Model;
  readonly #listeners = new Set<(aspect: Aspect) => void>();
  #selected: number | undefined;
  #hovered: number | undefined;
  #words: readonly string[] = [];
  readonly #states = new Set<PageState>();

  constructor(model: Model) {
    this.#model = model;
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  get hovered(): number | undefined {
    return this.#hovered;
  }

  /** Whether something is left out. */
  get isNarrowed(): boolean {
    return this.#words.length > 0 || this.#states.size > 0;
  }

  /** The states to which it is narrowed; none when it is not. */
  get states(): ReadonlySet<PageState> {
    return this.#states;
  }

  listen(listener: (aspect: Aspect) => void): void {
    this.#listeners.add(listener);
  }

  select(node: number | undefined): void {
    if (node === this.#selected) return;
    this.#selected = node;
    this.#tell("selected");
  }

  hover(node: number | undefined): void {
    if (node === this.#hovered) return;
    this.#hovered = node;
    this.#tell("hovered");
  }

  /** Narrows it to names that hold every word. */
  search(text: string): void {
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#tell("shown");
  }

  /** Adds a state to those shown, or takes it out; with the last one out, all are shown. */
  toggle(state: PageState): void {
    if (!this.#states.delete(state)) this.#states.add(state);
    this.#tell("shown");
  }

  /** Whether a node is among what is shown. */
  isShown(at: number): boolean {
    const { label = "", stage } = this.#model.nodes[at] ?? {};
    if (this.#states.size > 0 && (stage === undefined || !this.#states.has(stage.state))) {
      return false;
    }
    const name = this.#words.length === 0 ? "" : label.toLowerCase();
    return this.#words.every((word) => name.includes(word));
  }

  #tell(aspect: Aspect): void {
    for (const listener of this.#listeners) listener(aspect);
  }
}
