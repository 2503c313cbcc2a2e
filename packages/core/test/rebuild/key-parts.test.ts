/**
 * Key parts: equal parts mean equal keys, and different parts different ones.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { parsePath } from "../../src/artifact/path.ts";
import { digestBytes } from "../../src/digest/digest.ts";
import type { CommandSpec } from "../../src/graph/command.ts";
import { secret } from "../../src/graph/secret.ts";
import { tool } from "../../src/graph/tool.ts";
import { encodeParts, partsOf, type Ingredients } from "../../src/rebuild/key-parts.ts";
import { decodeParts } from "../../src/rebuild/read-parts.ts";

/** Few and nasty texts, so that two actions are often nearly the same. */
const text = fc.constantFrom("", "a", "b", " ", "a\nb", '"', '"a"', 'a "x"\ntool b', "path system");
const name = fc.constantFrom("A", "B", "a b", 'a "b"', 'a "1"\ntool b', "path", "1");
const path = fc.constantFrom("a", "a/b", "b", "c/d/e").map(parsePath);
const pair = fc.record({ name, value: text });

const commands: fc.Arbitrary<CommandSpec> = fc.record({
  argv: fc.array(text, { maxLength: 3 }),
  env: fc.dictionary(name, text, { maxKeys: 2 }),
  cwd: fc.constantFrom("", "a", "b/c").map(parsePath),
  outputs: fc.uniqueArray(path, { maxLength: 2 }).map((paths) => {
    return paths.map((at) => ({
      name: String(at),
      kind: "file" as const,
      path: at,
      isOptional: false,
    }));
  }),
  tools: fc.oneof(
    fc.constantFrom(undefined, [tool.host("a")]),
    fc.uniqueArray(fc.record({ type: fc.constant("input-tool" as const), name, path }), {
      selector: (each) => each.name,
      maxLength: 2,
    }),
  ),
  isAttempt: fc.boolean(),
  volatile: fc.option(fc.dictionary(name, text, { maxKeys: 2 }), { nil: undefined }),
  secrets: fc.array(
    fc.record({
      name: fc.constantFrom("A", "B"),
      in: fc.constantFrom("A", "1", 0, 1),
      at: fc.nat({ max: 2 }),
      secret: fc.constant(secret("A")),
    }),
    { maxLength: 2 },
  ),
  caches: fc.array(fc.record({ name: fc.constantFrom("a", "b"), path }), { maxLength: 2 }),
  mounts: fc.constant([]),
  run: fc.record({
    resources: fc.constantFrom({ cpu: 1 }, { db: 1 }),
    timeoutMs: fc.constantFrom(undefined, 1),
    retries: fc.constantFrom(undefined, { times: 1, delayMs: 0, backoff: 1 }),
    hasSideEffects: fc.boolean(),
    hasNetwork: fc.boolean(),
    limits: fc.constantFrom({}, { cpu: 2 }),
    remarks: fc.constantFrom(undefined, () => []),
  }),
  stablePath: fc.boolean(),
});

const ingredients: fc.Arbitrary<Ingredients> = fc.record({
  command: commands,
  tools: fc.array(fc.record({ name, identity: text }), { maxLength: 2 }),
  platform: fc.array(pair, { maxLength: 2 }),
  inputRoot: fc.constantFrom("1", "2").map((content) => digestBytes(Buffer.from(content))),
});

/** Two tools that one could pass itself off as, if its name were written as it is. */
const disguise = (): [Ingredients, Ingredients] => {
  const [first] = fc.sample(ingredients, { numRuns: 1, seed: 1 });
  const named = (...names: string[]): Ingredients => {
    return { ...first!, tools: names.map((each) => ({ name: each, identity: "1" })) };
  };
  return [named("a", "b"), named('a "1"\ntool b')];
};

/** Another, or one that differs in one respect only. */
const pairs = fc
  .tuple(ingredients, ingredients, fc.constantFrom("all", "part"))
  .chain(([one, other, how]): fc.Arbitrary<[Ingredients, Ingredients]> => {
    if (how === "all") return fc.constant([one, other]);
    const inside = Object.keys(one.command) as (keyof CommandSpec)[];
    return fc.oneof(
      fc.constantFrom(...inside).map((field): [Ingredients, Ingredients] => {
        const command = { ...one.command, [field]: other.command[field] };
        return [one, { ...one, command }];
      }),
      fc
        .constantFrom<keyof Ingredients>("tools", "platform", "inputRoot")
        .map((field): [Ingredients, Ingredients] => [one, { ...one, [field]: other[field] }]),
    );
  });

test("two actions have equal keys exactly if they have equal parts", () => {
  let same = 0;
  fc.assert(
    fc.property(pairs, ([one, other]) => {
      const [a, b] = [partsOf(one), partsOf(other)];
      const areEqual = JSON.stringify(a) === JSON.stringify(b);
      if (areEqual) same++;
      expect(encodeParts(a).key === encodeParts(b).key).toBe(areEqual);
    }),
    { numRuns: 2000, examples: [[disguise()]] },
  );
  expect(same).toBeGreaterThan(0);
});

test("the order in which a script says things does not matter", () => {
  fc.assert(
    fc.property(ingredients, ({ command, platform, ...others }) => {
      const turned = {
        ...command,
        env: Object.fromEntries(Object.entries(command.env).toReversed()),
        outputs: command.outputs.toReversed(),
      };
      expect(partsOf({ command: turned, platform: platform.toReversed(), ...others })).toEqual(
        partsOf({ command, platform, ...others }),
      );
    }),
  );
});

test("parts can be read back from the messages that they make up", () => {
  fc.assert(
    fc.property(ingredients, (each) => {
      const parts = partsOf(each);
      const { key, ...messages } = encodeParts(parts);
      expect(decodeParts(messages)).toEqual(parts);
      expect(encodeParts(decodeParts(messages)).key).toBe(key);
    }),
    { numRuns: 500 },
  );
});
