/**
 * A terminal, as a screen to draw on.
 *
 * @module
 */
import { createLogUpdate } from "log-update";

import type { Screen } from "./live.ts";

/** Of a terminal that does not say how large it is. */
const usual = { columns: 80, rows: 24 };

/** Makes a screen of a stream that is a terminal. */
export function terminalScreen(stream: NodeJS.WriteStream): Screen {
  // A hidden cursor would stay hidden if the process were killed.
  const log = createLogUpdate(stream, { showCursor: true });
  let isDrawn = false;
  return {
    get columns() {
      return (stream.columns as number | undefined) || usual.columns;
    },
    get rows() {
      return (stream.rows as number | undefined) || usual.rows;
    },
    draw: (lines) => {
      log(lines.join("\n"));
      isDrawn = true;
    },
    keep: (text) => {
      // Drawn again with the next frame. By itself: what stays must not be wrapped or cut.
      if (isDrawn) log.clear();
      isDrawn = false;
      stream.write(`${text}\n`);
    },
    clear: () => {
      if (isDrawn) log.clear();
      isDrawn = false;
    },
  };
}
