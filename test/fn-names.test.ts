/**
 * Free names: scopes of JavaScript, one kind of declaration at a time.
 *
 * @module
 */
import { expect, test } from "vitest";

import { freeNames } from "../packages/core/src/graph/free-names.ts";
import { parse } from "../packages/core/src/graph/syntax.ts";

async function free(text: string): Promise<string[]> {
  return freeNames(await parse(`(${text}\n)`, "script")).map(({ name }) => name);
}

test.each<[text: string, names: readonly string[]]>([
  ["() => a + b", ["a", "b"]],
  ["(a, { b, c: d, ...e }, [f, , g = h], ...i) => [a, b, d, e, f, g, i, c]", ["h", "c"]],
  ["({ [k]: v }) => v", ["k"]],
  ["() => { const a = 1; let b; { var c; } return a + b + c; }", []],
  ["() => { { const a = 1; } return a; }", ["a"]],
  ["() => { { function f() {} f(); } f(); }", ["f"]],
  ["() => { use(); function use() { return later; } var later; }", []],
  [
    "() => { for (const a of b) a; for (var c in d) c; for (let i = 0; i < n; i++) i; a; c; i; }",
    ["b", "d", "n", "a", "i"],
  ],
  ["() => { try { a; } catch (b) { b; } b; }", ["a", "b"]],
  ["() => { try { a; } catch { a; } }", ["a", "a"]],
  ["() => { switch (a) { case b: let c; default: c; } c; }", ["a", "b", "c"]],
  ["() => { x: for (;;) { break x; } }", []],
  ["(o) => o.a.b + o[c] + { d: 1, e, [f]: 2 }.d", ["c", "e", "f"]],
  [
    "() => { class A extends B { #p = q; static s = A; [m]() { return super.x + this.#p; } static { this.s = t; } } }",
    ["B", "q", "m", "t"],
  ],
  ["() => (class Named { a = Named; })", []],
  ["function f() { return f + arguments.length + new.target; }", []],
  ["() => (function g() { return g; }) + g", ["g"]],
  ["() => this + arguments", ["this", "arguments"]],
  ["function () { return this; }", ["this"]],
  [
    "() => ({ m() { return this; }, get g() { return this; }, f: function () { return this; } })",
    [],
  ],
  ["() => function () { return () => this; }", []],
  ["() => `${a} ${b`c${d}`}`", ["a", "b", "d"]],
  [
    "async (m) => { const { a: { b } } = await import(m); for await (const c of b) yield_(c); }",
    ["yield_"],
  ],
  ["() => typeof a === 'undefined'", ["a"]],
  ["() => { a = 1; [b, c.d] = e; ({ f: g } = h); }", ["a", "b", "c", "e", "g", "h"]],
  ["(a, b = () => a + c, c = d) => b", ["d"]],
  ["Object.values({\nrun({ a }) { return a + super.b; }\n})[0]", ["Object", "super"]],
])("%s", async (text, names) => {
  expect(await free(text)).toEqual(names);
});
