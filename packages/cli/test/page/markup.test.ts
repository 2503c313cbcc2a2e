import * as fc from "fast-check";
import { expect, test } from "vitest";

import { jsonForPage, textForPage } from "../../src/page/markup.ts";
import type { PageData } from "../../src/page/page-data.ts";
import { fillTemplate } from "../../src/page/template.ts";

const strange = [
  "</script><script>alert(1)</script>",
  "<!-- <script>",
  `"quotes" 'and' \`ticks\``,
  "emoji 🚀, a lone \ud83d half",
  "lines\nand\r\nmore\u2028\u2029\0",
  "{{ data }} {{ title }} $& $1",
];

test("whatever is in data comes back from the script element, and nothing can end it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...strange), fc.string({ unit: "binary" })), (text) => {
      const json = jsonForPage({ [text]: [text] });
      expect(json).not.toMatch(/[<\u2028\u2029]/);
      // A lone half of a letter is no text, and JSON keeps it as an escape.
      expect(JSON.parse(json)).toEqual({ [text]: [text] });
    }),
  );
});

test.each(strange)("the title %j stays text", (text) => {
  expect(textForPage(text)).not.toMatch(/[<>"'\0]/);
});

test("what is put into a template is not taken for one of its holes", () => {
  for (const title of strange) {
    const data = { title, nodes: [{ label: title }] } as unknown as PageData;
    const page = fillTemplate(
      `<title>{{ title }}</title><script id="data">{{ data }}</script>`,
      data,
    );
    const [, json = ""] = /<script id="data">(.*)<\/script>$/s.exec(page) ?? [];
    expect(JSON.parse(json)).toEqual(data);
  }
});

test("a template without a hole is no template", () => {
  expect(() => fillTemplate("<title>{{ title }}</title>", { title: "" } as PageData)).toThrow(
    "{{ data }}",
  );
});
