/**
 * One line: texts of users on a screen that is drawn.
 *
 * @module
 */

/** Signs that would move the cursor, colour what follows, or end the line. */
const control = /\p{Cc}/gu;

/** A text without any sign that a terminal would act on. */
export function oneLine(text: string): string {
  return text.replaceAll(control, "·");
}
