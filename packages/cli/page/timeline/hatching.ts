/**
 * Hatchings: what tells areas apart besides their colours.
 *
 * @module
 */

/** How an area is hatched. */
export type Hatching = "back" | "cross" | "forth";

/** A pattern of thin lines. */
export function hatching(
  context: CanvasRenderingContext2D,
  kind: Hatching,
  color: string,
): CanvasPattern | string {
  const tile = document.createElement("canvas");
  const size = 8;
  tile.width = size;
  tile.height = size;
  const brush = tile.getContext("2d");
  if (brush === null) return color;
  brush.strokeStyle = color;
  brush.lineWidth = 1.2;
  const line = (x: number, y: number, x2: number, y2: number): void => {
    brush.beginPath();
    brush.moveTo(x, y);
    brush.lineTo(x2, y2);
    brush.stroke();
  };
  // Drawn beyond the edges, so that tiles meet without a seam.
  for (const shift of [-size, 0, size]) {
    if (kind !== "back") line(shift - 1, size + 1, shift + size + 1, -1);
    if (kind !== "forth") line(shift - 1, -1, shift + size + 1, size + 1);
  }
  return context.createPattern(tile, "repeat") ?? color;
}
