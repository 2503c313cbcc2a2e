/**
 * The page: reads its data, and brings its parts together.
 *
 *     data ──▶ Model ──▶ graph, timeline, list ──┐
 *                          ▲                     │ what the reader does
 *                          └──── Selection ◀─────┘
 *
 * @module
 */
import type { PageData } from "../src/page/page-data.ts";
import { shownCount, shownTime } from "../src/shown.ts";
import { byId, make } from "./element.ts";
import { GraphView } from "./graph/graph-view.ts";
import { nextNode, type Direction } from "./graph/keys.ts";
import { Model } from "./model.ts";
import { detailsOf } from "./panel/details.ts";
import { fillFilters } from "./panel/filters.ts";
import { fillHeadline, occasionOf } from "./panel/headline.ts";
import { StageList, type Order } from "./panel/stage-list.ts";
import { Selection } from "./selection.ts";
import { lookOf } from "./states.ts";
import { onThemeChange } from "./theme.ts";
import { TimelineView } from "./timeline/timeline-view.ts";

/** Nodes up to which sources, texts and merges are drawn from the start. */
const maxWithSources = 400;

const model = new Model(JSON.parse(byId("data").textContent) as PageData);
const selection = new Selection(model);

const timeline = new TimelineView({
  ...{ model, selection },
  canvas: byId("timeline") as HTMLCanvasElement,
  tip: byId("tip"),
});
// These take room: the graph is laid out for what is left.
writeHeader();
fillFilters(byId("filters"), model, selection);
const graph = makeGraph();
const list = new StageList({ model, selection, list: byId("list"), count: byId("count") });
listen();

function makeGraph(): GraphView | undefined {
  const withSources = model.nodes.length <= maxWithSources;
  (byId("sources") as HTMLInputElement).checked = withSources;
  const canDraw = document.createElement("canvas").getContext("webgl2") !== null;
  byId("no-webgl").hidden = canDraw;
  byId("graph").hidden = !canDraw;
  return canDraw
    ? new GraphView({ model, selection, container: byId("graph") }, withSources)
    : undefined;
}

function writeHeader(): void {
  const { build, title } = model.data;
  byId("title").textContent = title;
  if (build !== undefined) {
    byId("outcome").append(make("span", { class: `chip ${build.outcome}` }, build.outcome));
  }
  byId("occasion").textContent = occasionOf(model);
  fillHeadline(byId("figures"), model, timeline.lanes);
  const { bars, slots, ticks } = timeline.lanes;
  const parts = [
    `${shownCount(bars.length, "command")} in ${shownCount(slots, "slot")}`,
    ...(ticks.length > 0 ? [shownCount(ticks.length, "hit")] : []),
    ...(build?.isPart === true ? ["others ran as well, for other targets"] : []),
  ];
  byId("timeline-about").textContent =
    bars.length > 0 ? parts.join(", ") : "no command has run yet";
  document.body.classList.toggle("unbuilt", bars.length === 0 && ticks.length === 0);
}

function listen(): void {
  selection.listen((aspect) => {
    if (aspect === "selected") showDetails();
  });
  const on = (id: string, act: () => void): void => byId(id).addEventListener("click", act);
  on("graph-in", () => void graph?.zoom(1.6));
  on("graph-out", () => void graph?.zoom(1 / 1.6));
  on("graph-fit", () => void graph?.fit());
  on("timeline-in", () => timeline.zoom(1.6));
  on("timeline-out", () => timeline.zoom(1 / 1.6));
  on("timeline-fit", () => timeline.fit());
  on("close", () => leave());
  const sources = byId("sources") as HTMLInputElement;
  sources.addEventListener("change", () => graph?.showSources(sources.checked));
  const order = byId("order") as HTMLSelectElement;
  order.addEventListener("change", () => list.sortBy(order.value as Order));
  const search = byId("search") as HTMLInputElement;
  search.addEventListener("input", () => selection.search(search.value));
  search.addEventListener("keydown", ({ key }) => {
    if (key === "Enter" && list.first !== undefined) go(list.first);
    if (key === "ArrowDown") byId("list").querySelector<HTMLElement>("button.stage")?.focus();
  });
  byId("graph").addEventListener("keydown", onGraphKey);
  document.addEventListener("keydown", (event) => {
    const isTyping =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === "Escape") leave();
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    search.focus();
  });
  onThemeChange(() => {
    graph?.recolor();
    timeline.recolor();
  });
  new ResizeObserver(() => {
    graph?.reshape();
    timeline.reshape();
  }).observe(byId("graph-part"));
}

/** Goes to a node, and shows where it lies. */
function go(node: number): void {
  if (model.stage(node) === undefined) showSources();
  selection.select(node);
  void graph?.goTo(node);
}

function showSources(): void {
  (byId("sources") as HTMLInputElement).checked = true;
  graph?.showSources(true);
}

let cameFrom: Element | null = null;

function showDetails(): void {
  const { selected } = selection;
  const details = byId("details");
  const wasHidden = details.hidden;
  details.hidden = selected === undefined;
  document.body.classList.toggle("detailed", selected !== undefined);
  if (selected === undefined) return;
  if (wasHidden) cameFrom = document.activeElement;
  byId("details-title").textContent = model.label(selected);
  byId("facts").replaceChildren(...detailsOf({ model, node: selected, go }));
  byId("facts").scrollTop = 0;
  say(selected);
}

/** Lets go of what is selected, and gives the keyboard back to where it was. */
function leave(): void {
  if (selection.selected === undefined) return;
  const isInside = byId("details").contains(document.activeElement);
  selection.select(undefined);
  if (isInside && cameFrom instanceof HTMLElement) cameFrom.focus();
}

/** For those who hear the page. */
function say(node: number): void {
  const state = model.stage(node)?.state;
  const ms = model.durationMs(node);
  const parts = [
    model.label(node),
    state === undefined ? (model.nodes[node]?.kind ?? "") : lookOf(state).word,
    ...(ms > 0 ? [shownTime(ms)] : []),
    ...(model.critical.has(node) ? ["on the critical path"] : []),
    `needs ${model.before[node]?.length ?? 0}, needed by ${model.after[node]?.length ?? 0}`,
  ];
  byId("voice").textContent = parts.join(", ");
}

function onGraphKey(event: KeyboardEvent): void {
  if (graph === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const view = graph;
  const move = (to: Direction) => (): void => {
    const next = nextNode(model, view, selection.selected, to);
    selection.select(next);
    void view.goTo(next);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: move("left"),
    ArrowRight: move("right"),
    ArrowUp: move("up"),
    ArrowDown: move("down"),
    "+": () => void view.zoom(1.6),
    "-": () => void view.zoom(1 / 1.6),
    "0": () => void view.fit(),
    Enter: () => {
      if (selection.selected !== undefined) byId("details-title").focus();
    },
  };
  const act = keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

// For tests, and for who wants to look behind it; nothing of it is promised.
Object.assign(globalThis, { ashlarPage: { model, selection, graph, timeline, list } });
requestAnimationFrame(() => {
  requestAnimationFrame(() => {
    performance.mark("ashlar-ready");
    document.documentElement.dataset["ready"] = "true";
  });
});
