/**
 * Names in the graph: under their nodes, cut to the room that there is, and never over each other.
 *
 * @module
 */

/** What is drawn on, and with. */
export interface LabelStyle {
  readonly font: string;
  readonly size: number;
  readonly color: string;
  /** Around the letters, so that lines behind them do not matter. */
  readonly ground: string;
  /** Widest name, in pixels. */
  readonly maxWidth: number;
  /** Whether it lies on a ground of its own, over whatever is there. */
  readonly isBoxed?: boolean;
}

/** A node whose name is written, in pixels. */
export interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly label?: string | null;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Writes the names of one picture. */
export class Labels {
  #boxes: Box[] = [];

  /** Begins a new picture. */
  clear(): void {
    this.#boxes = [];
  }

  /** Writes a name, unless there is one already; says whether it did. */
  write(context: CanvasRenderingContext2D, node: Labelled, style: LabelStyle): boolean {
    const { x, y, size, label } = node;
    if (label === undefined || label === null || label === "") return false;
    context.font = `500 ${style.size}px ${style.font}`;
    const text = fit(context, label, style.maxWidth);
    const half = context.measureText(text).width / 2;
    const top = y + size + 3;
    const box = { left: x - half - 2, right: x + half + 2, top, bottom: top + style.size + 2 };
    if (this.#boxes.some((other) => overlaps(box, other))) return false;
    this.#boxes.push(box);
    if (style.isBoxed === true) {
      context.fillStyle = style.ground;
      context.fillRect(box.left - 3, top - 1, box.right - box.left + 6, style.size + 5);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = style.ground;
    context.strokeText(text, x, top);
    context.fillStyle = style.color;
    context.fillText(text, x, top);
    context.textAlign = "start";
    context.textBaseline = "alphabetic";
    return true;
  }
}

const segmenter = new Intl.Segmenter();

/** A text on one line, with its middle left out if it is too wide: names often differ in their ends. */
export function fit(context: CanvasRenderingContext2D, text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  if (context.measureText(line).width <= width) return line;
  const letters = Array.from(segmenter.segment(line), ({ segment }) => segment);
  let [least, most] = [1, letters.length - 1];
  const cut = (kept: number): string => {
    const head = Math.ceil(kept / 2);
    return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (kept - head)).join("")}`;
  };
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (context.measureText(cut(middle)).width <= width) least = middle;
    else most = middle - 1;
  }
  return cut(least);
}

function overlaps(one: Box, other: Box): boolean {
  return (
    one.left < other.right &&
    other.left < one.right &&
    one.top < other.bottom &&
    other.top < one.bottom
  );
}
