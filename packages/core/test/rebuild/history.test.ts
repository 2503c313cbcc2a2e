/**
 * History: a call finds its own past, whatever was put before it, beside it, or into it.
 *
 * @module
 */
import { expect, test } from "vitest";

import type { Handle } from "../../src/artifact/handle.ts";
import { text } from "../../src/artifact/text.ts";
import { digestBytes } from "../../src/digest/digest.ts";
import type { ActionKey } from "../../src/graph/action.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { History } from "../../src/rebuild/history.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { echoRunner } from "../build/players.ts";

/** Words of calls of one stage: its input, flags, and its output. */
type Calls = readonly (readonly [input: string, flags: string, output: string])[];

function handlesOf(name: string, calls: Calls): Handle[] {
  const made = stage(name, (input: string, flags: string, output: string) => {
    return sh`${name} ${[flags]} ${text(input).as(input)} ${out.file(output)}`;
  });
  return calls.map((call) => made(...call) as Handle);
}

/** A store in which builds of such calls have left a key for each: that of its number. */
function storeAfter(...builds: readonly (readonly Handle[])[]): MemoryStore {
  const store = new MemoryStore();
  for (const [at, handles] of builds.entries()) {
    const history = historyOf(store, handles);
    for (const node of history.nodes) history.note(node, keyOf(`${at}.${node.id}`), 7.4);
    history.keep();
  }
  return store;
}

function historyOf(
  store: MemoryStore,
  handles: readonly Handle[],
): History & {
  readonly nodes: ReturnType<typeof makePlan>["nodes"];
} {
  const plan = makePlan(handles);
  return Object.assign(new History(store.notes, plan, "/here", echoRunner()), {
    nodes: plan.nodes,
  });
}

/** For each call: the number of the one that it was. */
function pastsOf(store: MemoryStore, handles: readonly Handle[]): (string | undefined)[] {
  const history = historyOf(store, handles);
  const known = new Map(
    [0, 1, 2]
      .flatMap((build) => [0, 1, 2, 3, 4].map((at) => `${build}.${at}`))
      .map((each) => [keyOf(each), each]),
  );
  return history.nodes.map((node) => known.get(history.earlierKey(node) ?? keyOf("")));
}

function keyOf(content: string): ActionKey {
  return digestBytes(Buffer.from(content));
}

const three: Calls = [
  ["a.c", "-O", "a.o"],
  ["b.c", "-O", "b.o"],
  ["c.c", "-O", "c.o"],
];
const before = (): MemoryStore => storeAfter(handlesOf("cc", three));

test.each<[string, Calls, (string | undefined)[]]>([
  ["nothing", three, ["0.0", "0.1", "0.2"]],
  [
    "one more in the middle",
    [three[0]!, ["new.c", "-O", "new.o"], three[1]!, three[2]!],
    ["0.0", undefined, "0.1", "0.2"],
  ],
  ["one less", [three[0]!, three[2]!], ["0.0", "0.2"]],
  ["their order", [three[2]!, three[0]!, three[1]!], ["0.2", "0.0", "0.1"]],
  [
    "the flags of all, and one more",
    [["new.c", "-g", "new.o"], ...three.map(([i, , o]) => [i, "-g", o] as const)],
    [undefined, "0.0", "0.1", "0.2"],
  ],
  ["an output", [three[0]!, ["b.c", "-O", "B.o"], three[2]!], ["0.0", "0.1", "0.2"]],
  ["an input", [three[0]!, ["B.c", "-O", "b.o"], three[2]!], ["0.0", "0.1", "0.2"]],
  [
    "all of one, when there are as many as before",
    [three[0]!, ["n", "m", "l"], three[2]!],
    ["0.0", "0.1", "0.2"],
  ],
  ["all of it, when there are more", [["n", "m", "l"], ...three], [undefined, "0.0", "0.1", "0.2"]],
])("each call finds its past after a change of %s", (_, calls, pasts) => {
  expect(pastsOf(before(), handlesOf("cc", calls))).toEqual(pasts);
});

test("calls of other stages have other pasts", () => {
  expect(pastsOf(before(), handlesOf("ld", three))).toEqual([undefined, undefined, undefined]);
});

test("a call that a build does not have keeps its past", () => {
  const store = storeAfter(handlesOf("cc", three), handlesOf("cc", [three[1]!]));
  expect(pastsOf(store, handlesOf("cc", three))).toEqual(["0.0", "1.0", "0.2"]);
});

test.each(["a name", 'a "name"', '"name"', "two\nlines", "a  b", "ünï"])(
  "stages may be called %j",
  (name) => {
    const store = storeAfter(handlesOf(name, three), handlesOf(`${name}!`, [three[0]!]));
    expect(pastsOf(store, handlesOf(name, three))).toEqual(["0.0", "0.1", "0.2"]);
  },
);

test("what cannot be read is no past", () => {
  const store = before();
  store.notes.read = () => Buffer.from('nonsense\n\n" "\na b "c');
  expect(pastsOf(store, handlesOf("cc", three))).toEqual([undefined, undefined, undefined]);
});
