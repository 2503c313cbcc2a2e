/**
 * The graph on the screen, drawn by sigma.
 *
 * @module
 */
import { EdgeCurvedArrowProgram } from "@sigma/edge-curve";
import { createNodeBorderProgram } from "@sigma/node-border";
import { NodeSquareProgram } from "@sigma/node-square";
import { Sigma } from "sigma";
import { EdgeArrowProgram, EdgeLineProgram } from "sigma/rendering";
import type { Settings } from "sigma/settings";
import type { EdgeDisplayData, NodeDisplayData } from "sigma/types";

import { isUprightIn, layOut, type Layout } from "../layout/layout.ts";
import type { Model } from "../model.ts";
import type { Selection } from "../selection.ts";
import { readTheme, wantsStillness, type Theme } from "../theme.ts";
import { Labels, type LabelStyle } from "./labels.ts";
import { drawOverlay } from "./overlay.ts";
import { pictureOf } from "./picture.ts";
import {
  drawnGraph,
  maxNamed,
  radiusIn,
  ringShare,
  type DrawnGraph,
  type DrawnLink,
  type DrawnNode,
} from "./sigma-graph.ts";

/** What a view stands on. */
export interface GraphViewParts {
  readonly model: Model;
  readonly selection: Selection;
  readonly container: HTMLElement;
}

/** Lines from which on they are left out while the picture moves. */
const manyLinks = 20_000;

/** From which ratio on many lines are pale. */
const farFrom = 0.35;

/** A ring around what is on the critical path. */
const StageProgram = createNodeBorderProgram<DrawnNode, DrawnLink>({
  borders: [
    {
      color: { attribute: "borderColor" },
      size: { attribute: "borderSize", defaultValue: 0, mode: "relative" },
    },
    { color: { attribute: "color" }, size: { fill: true } },
  ],
});

/** A square for what is no stage, whose name is written like all others. */
class PlainProgram extends NodeSquareProgram<DrawnNode, DrawnLink> {
  constructor(...parts: ConstructorParameters<typeof NodeSquareProgram<DrawnNode, DrawnLink>>) {
    super(...parts);
    Object.assign(this, { drawLabel: undefined, drawHover: undefined });
  }
}

/** The graph on the screen. */
export class GraphView {
  readonly #parts: GraphViewParts;
  readonly #overlay = document.createElement("canvas");
  readonly #labels = new Labels();
  #theme: Theme = readTheme();
  #withSources: boolean;
  /** Whether so few nodes are shown that each has its name. */
  #isNamed = false;
  readonly #font = getComputedStyle(document.body).fontFamily;
  /** How near the reader is: 1 when all is seen, less when nearer. */
  #ratio = 1;
  #drawn: {
    readonly sigma: Sigma<DrawnNode, DrawnLink>;
    readonly graph: DrawnGraph;
    readonly layout: Layout;
  };

  constructor(parts: GraphViewParts, withSources: boolean) {
    this.#parts = parts;
    this.#withSources = withSources;
    this.#overlay.className = "overlay";
    this.#drawn = this.#draw();
    parts.selection.listen((aspect) => {
      if (aspect === "shown") this.#narrow();
      else this.#look();
    });
  }

  get sigma(): Sigma<DrawnNode, DrawnLink> {
    return this.#drawn.sigma;
  }

  get layout(): Layout {
    return this.#drawn.layout;
  }

  get withSources(): boolean {
    return this.#withSources;
  }

  /** Draws with or without what is no stage. */
  showSources(withSources: boolean): void {
    if (withSources === this.#withSources) return;
    this.#withSources = withSources;
    this.#again();
  }

  /** Draws in the colours of the moment. */
  recolor(): void {
    this.#theme = readTheme();
    this.#drawn.sigma.refresh();
  }

  /** Lays it out for a screen of another shape. */
  reshape(): void {
    const { clientWidth: width, clientHeight: height } = this.#parts.container;
    const { width: before, height: earlier } = this.sigma.getDimensions();
    if (width <= 0 || height <= 0 || (width === before && height === earlier)) return;
    if (isUprightIn(width, height) !== this.layout.isUpright) this.#again();
    else this.sigma.refresh();
  }

  /** Shows all of it. */
  async fit(): Promise<void> {
    await this.#move({ x: 0.5, y: 0.5, ratio: 1, angle: 0 });
  }

  /** Comes nearer, or goes away. */
  async zoom(factor: number): Promise<void> {
    const camera = this.sigma.getCamera();
    await this.#move({ ratio: camera.getBoundedRatio(camera.ratio / factor) });
  }

  /** Brings a node to the middle, near enough to be seen. */
  async goTo(at: number): Promise<void> {
    const place = this.sigma.getNodeDisplayData(String(at));
    if (place === undefined) return;
    const camera = this.sigma.getCamera();
    const near = Math.min(1, Math.max(0.02, radiusIn(this.layout) / 6));
    await this.#move({ x: place.x, y: place.y, ratio: Math.min(camera.ratio, near) });
  }

  async #move(to: Parameters<ReturnType<Sigma["getCamera"]>["animate"]>[0]): Promise<void> {
    const camera = this.sigma.getCamera();
    if (wantsStillness()) camera.setState(to);
    else await camera.animate(to, { duration: 250 });
  }

  /** Leaves out what is not asked for. */
  #narrow(): void {
    const { model, selection } = this.#parts;
    const count = model.nodes.filter((_, at) => selection.isShown(at)).length;
    this.#isNamed = selection.isNarrowed && count <= maxNamed;
    this.sigma.scheduleRefresh();
  }

  #again(): void {
    this.#drawn.sigma.kill();
    this.#ratio = 1;
    this.#drawn = this.#draw();
    this.#look();
  }

  #draw(): { sigma: Sigma<DrawnNode, DrawnLink>; graph: DrawnGraph; layout: Layout } {
    const { model, container, selection } = this.#parts;
    const picture = pictureOf(model, { withSources: this.#withSources });
    const { clientWidth: width, clientHeight: height } = container;
    const layout = layOut(picture.shape, {
      isStage: (number) => model.stage(picture.nodes[number] ?? 0) !== undefined,
      ...{ width, height },
    });
    const graph = drawnGraph(model, picture, layout);
    const sigma = new Sigma<DrawnNode, DrawnLink>(
      graph,
      container,
      this.#settings(layout, picture.links.length),
    );
    container.append(this.#overlay);
    sigma.on("beforeRender", () => this.#labels.clear());
    sigma.getCamera().on("updated", ({ ratio }) => {
      const wasFar = this.#ratio > farFrom;
      this.#ratio = ratio;
      if (ratio > farFrom !== wasFar) sigma.scheduleRefresh();
    });
    sigma.on("afterRender", () => this.#look());
    sigma.on("enterNode", ({ node }) => selection.hover(Number(node)));
    sigma.on("leaveNode", () => selection.hover(undefined));
    sigma.on("clickNode", ({ node }) => selection.select(Number(node)));
    sigma.on("clickStage", () => selection.select(undefined));
    return { sigma, graph, layout };
  }

  #settings(layout: Layout, links: number): Partial<Settings<DrawnNode, DrawnLink>> {
    const radius = radiusIn(layout);
    const whole = Math.min(1, radius / 9);
    return {
      allowInvalidContainer: true,
      nodeProgramClasses: { stage: StageProgram, plain: PlainProgram },
      edgeProgramClasses: {
        arrow: EdgeArrowProgram,
        curve: EdgeCurvedArrowProgram,
        line: EdgeLineProgram,
        // They are made for any attributes, and typed for none.
      } as unknown as Settings<DrawnNode, DrawnLink>["edgeProgramClasses"],
      defaultDrawNodeLabel: (context, data) => {
        this.#labels.write(context, data, this.#labelStyle(layout));
      },
      // The overlay does that.
      defaultDrawNodeHover: () => {},
      nodeReducer: (_, node) => this.#nodeLook(node),
      edgeReducer: (_, link) => this.#linkLook(link),
      zIndex: true,
      hideEdgesOnMove: links > manyLinks,
      minEdgeThickness: 1,
      labelDensity: 1,
      labelGridCellSize: 90,
      labelRenderedSizeThreshold: radius * 1.2,
      minCameraRatio: 0.005,
      maxCameraRatio: 3,
      stagePadding: Math.min(44, Math.max(22, layout.step.along / 2)),
      // Nodes grow with the picture until they are as large as those of a small graph; then slower.
      zoomToSizeRatioFunction: (ratio) => (ratio > whole ? ratio : Math.sqrt(ratio * whole)),
    };
  }

  #nodeLook(
    node: DrawnNode,
  ): Partial<NodeDisplayData> & { borderColor: string; borderSize: number } {
    const { model, selection } = this.#parts;
    const theme = this.#theme;
    const isCritical = model.critical.has(node.at);
    const ring = { borderColor: theme.critical, borderSize: isCritical ? ringShare : 0 };
    if (!selection.isShown(node.at)) {
      const pale = { color: theme.ghost, label: "", forceLabel: false, zIndex: 0 };
      return { ...node, ...pale, ...ring, borderSize: 0 };
    }
    const state = model.stage(node.at)?.state;
    const color = state === undefined ? theme.plain : theme.state[state];
    const isForced = node.forceLabel || this.#isNamed;
    const zIndex = state === "failed" ? 3 : isCritical ? 2 : 1;
    return { ...node, color, ...ring, zIndex, forceLabel: isForced };
  }

  #linkLook(link: DrawnLink): Partial<EdgeDisplayData> {
    const { selection } = this.#parts;
    const theme = this.#theme;
    const isHidden =
      selection.isNarrowed && !(selection.isShown(link.from) && selection.isShown(link.to));
    // From afar, many lines make a surface, if each of them is not almost nothing.
    const isFar = link.type === "line" && this.#ratio > farFrom;
    const plain = isFar ? theme.many : link.isGate ? theme.gate : theme.line;
    const color = link.isCritical ? theme.critical : plain;
    return { ...link, color, zIndex: link.isCritical ? 1 : 0, hidden: isHidden };
  }

  #labelStyle(layout: Layout): LabelStyle {
    const { step, isUpright } = layout;
    const isSmall = layout.x.length <= maxNamed;
    const room = (isUpright ? step.across : step.along) / this.#ratio;
    return {
      font: this.#font,
      size: 12,
      color: this.#theme.text,
      ground: this.#theme.ground,
      // Where each has its name, they share the room; otherwise there is only one here and there.
      maxWidth: Math.max(isSmall ? 60 : 110, Math.min(240, room - 6)),
    };
  }

  #look(): void {
    const { model, selection, container } = this.#parts;
    const { hovered } = selection;
    const { sigma, graph, layout } = this.#drawn;
    const isPale = hovered !== undefined && graph.hasNode(String(hovered));
    container.classList.toggle("pale", isPale);
    drawOverlay({
      ...{ canvas: this.#overlay, sigma, graph, model, selection, theme: this.#theme },
      labelStyle: this.#labelStyle(layout),
    });
  }
}
