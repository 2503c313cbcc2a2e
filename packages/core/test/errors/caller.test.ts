import { compileFunction } from "node:vm";

import { expect, test } from "vitest";

import { callerLocation, isInPackage, scriptLocation } from "../../src/errors/caller.ts";

type Call = () => unknown;

/** Something in a file that calls what it is given. */
function inFile(path: string): (call: Call) => Call {
  const body = compileFunction("\n\nreturn call();", ["call"], { filename: path });
  // Bound functions are no frames: in the stack are the files alone.
  return (call) => body.bind(undefined, call) as Call;
}

const script = inFile("/work/build.ts");
const kit = inFile("/work/node_modules/kit/index.js");
const other = inFile("file:///x/node_modules/.pnpm/a@1/node_modules/a%20b/c.js");

/** Calls it with nothing below but what is not in files. */
async function alone(call: Call): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(call);
    setImmediate(resolve);
  });
}

/** The place of whoever calls the function that is given to `chain`. */
async function placeIn(chain: (note: Call) => Call): Promise<string | undefined> {
  let place = (): string | undefined => "nobody has called it";
  const note = (): void => {
    place = scriptLocation(note);
  };
  await alone(chain(note));
  return place();
}

test("the place of a caller is the nearest that is not in an installed package", async () => {
  expect(await placeIn(script)).toBe("/work/build.ts:3:8");
  expect(await placeIn((note) => script(kit(other(note))))).toBe("/work/build.ts:3:8");
  expect(await placeIn((note) => kit(inFile("/work/near.ts")(script(note))))).toBe(
    "/work/build.ts:3:8",
  );
});

test("folders may have brackets in their names", async () => {
  expect(await placeIn(inFile("/work/(a) b/build.ts"))).toBe("/work/(a) b/build.ts:3:8");
});

test("however many calls are between them, and without a trace", async () => {
  const { stackTraceLimit } = Error;
  const calls = Array.from({ length: 40 });
  const deep = (note: Call): Call => script(calls.reduce<Call>((below) => kit(below), note));
  expect(await placeIn(deep)).toBe("/work/build.ts:3:8");
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});

test("where all is in packages, it is the nearest of all; where nothing is in files, none", async () => {
  expect(await placeIn((note) => kit(other(note)))).toBe(
    "/x/node_modules/.pnpm/a@1/node_modules/a b/c.js:3:8",
  );
  expect(await placeIn((note) => note)).toBeUndefined();
});

test("the nearest of all can be asked for, and told from others", async () => {
  let place: string | undefined;
  const note = (): void => {
    place = callerLocation(note);
  };
  await alone(script(kit(note)));
  expect(place).toBe("/work/node_modules/kit/index.js:3:8");
  expect(isInPackage(place)).toBe(true);
  expect(isInPackage("/work/build.ts:3:8")).toBe(false);
  expect(isInPackage(undefined)).toBe(false);
});
