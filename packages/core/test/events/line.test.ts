/**
 * Lines of events: there and back, and no further than that.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { decodeEvent, encodeEvent } from "../../src/events/line.ts";
import { events } from "./arbitrary-events.ts";

test("any event is one line, whoever splits it, and comes back as it was", () => {
  fc.assert(
    fc.property(events, (event) => {
      const line = encodeEvent(event);
      expect(line.split(/\r\n|[\n\r\u2028\u2029]/)).toEqual([line.slice(0, -1), ""]);
      expect(decodeEvent(line, "here")).toEqual(event);
    }),
  );
});

test("what is cut off, or anything else, is refused by its code", () => {
  fc.assert(
    fc.property(events, fc.nat(), (event, length) => {
      const line = encodeEvent(event);
      const cut = line.slice(0, length % (line.length - 1));
      expect(() => decodeEvent(cut, "here")).toThrow(
        expect.objectContaining({ code: "MALFORMED_MESSAGE" }),
      );
    }),
  );
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(() => decodeEvent(json, "here")).toThrow(
        expect.objectContaining({ code: "MALFORMED_MESSAGE" }),
      );
    }),
  );
});

test.each([
  ["", "it is not JSON"],
  ["null", "it is no object"],
  ["{}", "its type is undefined"],
  ['{"type":"toString"}', 'its type is the string "toString"'],
  ['{"type":"build-settled"}', "it has no `atMs`"],
  ['{"type":"build-settled","atMs":1}', "its `outcome` is not as in `build-settled`"],
  [
    '{"type":"build-started","atMs":1,"stages":[{"id":0,"name":"a"}]}',
    "its `stages` is not as in `build-started`",
  ],
  [
    '{"type":"stage-settled","atMs":1,"id":0,"name":"a","outcome":"ran","durationMs":1,"attempts":1,"error":null}',
    "its `error` is not as in `stage-settled`",
  ],
])("%s says what is wrong with it", (line, why) => {
  expect(() => decodeEvent(line, "line 3 of `x`")).toThrow(
    expect.objectContaining({
      code: "MALFORMED_MESSAGE",
      message: `line 3 of \`x\` cannot be read as an event: ${why}`,
    }),
  );
});

test("fields that nobody knows stay", () => {
  const line = '{"type":"build-settled","atMs":1,"outcome":"failed","durationMs":2,"later":[3]}';
  expect(decodeEvent(line, "here")).toMatchObject({ later: [3] });
});
