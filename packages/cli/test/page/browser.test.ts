/**
 * What people see of a page: the page that is written, in headless Chromium.
 */
import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bundlePage } from "../../../../scripts/bundle-page.mjs";
import type { PageData } from "../../src/page/page-data.ts";
import { fillTemplate } from "../../src/page/template.ts";
import { Project, small, whyNot } from "../rig.ts";
import { forNobody, Pages, type View } from "./browser.ts";
import { madeUp } from "./made-up.ts";

/** A place on the screen. */
interface Place {
  readonly x: number;
  readonly y: number;
}

describe.skipIf(forNobody !== "")(`the page in Chromium${forNobody}`, () => {
  let pages: Pages;
  let template: string;
  beforeAll(async () => {
    [pages, template] = await Promise.all([Pages.open(), bundlePage()]);
  });
  afterAll(async () => {
    await pages[Symbol.asyncDispose]();
  });
  const page = (data: PageData): string => fillTemplate(template, data);

  describe.each([
    ["light", false],
    ["dark", true],
  ])("at 20 stages, %s", (_, isDark) => {
    let view: View;
    const data = madeUp(20, 5);
    beforeAll(async () => {
      view = await pages.show(page(data), { isDark });
    });
    afterAll(async () => {
      await view.page.close();
    });

    test("draws each state in its colour, in the graph and on the timeline", async () => {
      const graph = await view.pixels("#graph");
      const timeline = await view.pixels("#timeline");
      for (const state of ["ran", "reused", "failed", "cancelled", "skipped", "expanded"]) {
        const color = await view.color(state);
        expect(graph.get(color) ?? 0, `${state} in the graph`).toBeGreaterThan(100);
      }
      for (const state of ["ran", "failed", "cancelled", "reused"]) {
        const color = await view.color(state);
        expect(timeline.get(color) ?? 0, `${state} on the timeline`).toBeGreaterThan(30);
      }
      // Sources, the critical path, idle slots.
      expect(graph.get(await view.color("plain")) ?? 0).toBeGreaterThan(100);
      expect(graph.get(await view.color("critical")) ?? 0).toBeGreaterThan(100);
      expect(timeline.get(await view.color("critical")) ?? 0).toBeGreaterThan(60);
      expect(timeline.get(await view.color("lane")) ?? 0).toBeGreaterThan(500);
      const ground = await view.color("ground");
      expect(ground).toBe(isDark ? "#12161b" : "#ffffff");
      expect(graph.get(ground)!).toBeGreaterThan(10_000);
      expect(view.complaints).toEqual([]);
    });

    test("holds every node and every line", async () => {
      const graph = await view.ask(
        "[ashlarPage.graph.sigma.getGraph().order, ashlarPage.graph.sigma.getGraph().size]",
      );
      expect(graph).toEqual([25, 60]);
      const { bars, ticks } = await view.ask<{ bars: object[]; ticks: object[] }>(
        "ashlarPage.timeline.lanes",
      );
      const count = (...states: readonly string[]): number => {
        return data.nodes.filter(({ stage }) => states.includes(stage?.state ?? "")).length;
      };
      expect(bars).toHaveLength(count("ran", "failed", "cancelled"));
      expect(ticks).toHaveLength(count("reused"));
      expect(await view.text("[data-figure=hits] dd")).toBe(String(count("reused")));
      expect(await view.text("[data-figure=misses] dd")).toBe(String(bars.length));
    });
  });

  test("a click on a node shows its command, inputs, outputs, log and why", async () => {
    const view = await pages.show(page(madeUp(20, 5)));
    const { x, y } = await view.placeOf("step 7");
    await view.page.mouse.click(x, y);
    await view.page.waitForSelector("#details:not([hidden])");
    expect(await view.text("#details-title")).toBe("step 7");
    expect(await view.text("pre.command")).toBe(String.raw`cc -c in/7.c -o 'out/it'\''s 7.o'`);
    expect(await view.text("pre.log")).toBe("line of 7\n");
    const lines = Array.from({ length: 8 }, (_, at) => `\`step ${7 - at}\` ran: first time`);
    expect(await view.text("pre.why")).toBe(lines.join("\n"));
    const sections = await view.ask<string[]>(
      "[...document.querySelectorAll('#facts section')].map((each) => each.innerText.replace(/\\s+/g, ' '))",
    );
    expect(sections.find((each) => /^inputs/i.test(each))).toMatch(
      /in\/0 ← step 2 in\/1 ← step 3 in\/3 ← step 0/,
    );
    expect(sections.find((each) => /^outputs/i.test(each))).toContain("out/7.o file object");
    // On to an input of it, by its name; then away.
    await view.page.click("#facts button.link >> text=step 3");
    expect(await view.text("#details-title")).toBe("step 3");
    await view.page.keyboard.press("Escape");
    expect(await view.page.isVisible("#details")).toBe(false);
    expect(view.complaints).toEqual([]);
  });

  test("a bar on the timeline leads to its stage, and the stage to its bar", async () => {
    const view = await pages.show(page(madeUp(20, 5)));
    const place = await view.ask<{ x: number; y: number; width: number }>(
      "ashlarPage.timeline.place(ashlarPage.model.nodes.findIndex(({ label }) => label === 'step 3'))",
    );
    const box = (await view.page.locator("#timeline").boundingBox())!;
    await view.page.mouse.move(box.x + place.x + place.width / 2, box.y + place.y + 4);
    await view.page.waitForSelector("#tip:not([hidden])");
    expect(await view.text("#tip")).toBe("step 3: failed, 31 ms");
    await view.page.mouse.down();
    await view.page.mouse.up();
    expect(await view.text("#details-title")).toBe("step 3");
    const before = await view.pixels("#timeline");
    expect(before.get(await view.color("accent")) ?? 0).toBeGreaterThan(40);
  });

  test("hovering shows what a node needs and what needs it, and lets the rest become pale", async () => {
    const view = await pages.show(page(madeUp(20, 5)));
    const accent = await view.color("accent");
    expect((await view.pixels("#graph")).get(accent) ?? 0).toBe(0);
    const { x, y } = await view.placeOf("step 7");
    await view.page.mouse.move(x, y);
    await view.page.waitForSelector("#graph.pale");
    expect((await view.pixels("#graph")).get(accent) ?? 0).toBeGreaterThan(200);
    await view.page.mouse.move(x, 5);
    await view.page.waitForSelector("#graph:not(.pale)");
  });

  test("a long connection is drawn around what lies between, where the layout has room for it", async () => {
    // 0 ─▶ 1 ─▶ 2, and 0 ─▶ 2
    const data = madeUp(3, 1);
    const needs = [
      [],
      [],
      [{ node: 1, path: "a" }],
      [1, 2].map((node) => ({ node, path: `${node}` })),
    ];
    const bare = data.nodes.map((node, at) => ({ ...node, needs: needs[at]! }));
    const view = await pages.show(
      page({ ...data, nodes: bare, criticalPath: [], criticalWay: [] }),
    );
    await view.page.click("#sources");
    const { x, y } = await view.ask<Place>(`(() => {
      const { sigma, layout } = ashlarPage.graph;
      const [bow] = layout.bows.values();
      const ends = ["1", "3"].map((key) => sigma.getGraph().getNodeAttributes(key));
      const middle = { x: (ends[0].x + ends[1].x) / 2, y: (ends[0].y + ends[1].y) / 2 - bow };
      const place = sigma.graphToViewport(middle);
      const { left, top } = document.querySelector("#graph").getBoundingClientRect();
      return { x: left + place.x, y: top + place.y };
    })()`);
    const clip = { x: x - 2, y: y - 4, width: 4, height: 8 };
    const pixels = await view.pixels("#graph", clip);
    // On the other side lies what is in between.
    expect(32 - (pixels.get(await view.color("ground")) ?? 0)).toBeGreaterThan(3);
  });

  test("search and filter leave what fits, in the list and in the graph", async () => {
    const view = await pages.show(page(madeUp(200, 20)));
    await view.page.keyboard.press("/");
    await view.page.keyboard.type("STEP 17");
    expect(await view.text("#count")).toBe("12 of 200 stages");
    const names = await view.ask<string[]>(
      "[...document.querySelectorAll('#list .name')].map((each) => each.textContent)",
    );
    expect(names.toSorted()).toEqual(
      [
        "step 17",
        "step 117",
        ...Array.from({ length: 10 }, (_, at) => `step ${170 + at}`),
      ].toSorted(),
    );
    const failed = await view.color("failed");
    const ran = await view.color("ran");
    await view.page.fill("#search", "");
    await view.page.click("#filters [data-state=failed]");
    expect(await view.text("#count")).toBe("29 of 200 stages");
    const pixels = await view.pixels("#graph");
    expect(pixels.get(failed) ?? 0).toBeGreaterThan(100);
    expect(pixels.get(ran) ?? 0).toBe(0);
    expect(await view.page.getAttribute("#filters [data-state=failed]", "aria-pressed")).toBe(
      "true",
    );
    await view.page.click("#filters [data-state=failed]");
    expect((await view.pixels("#graph")).get(ran) ?? 0).toBeGreaterThan(100);
    await view.page.fill("#search", "nothing is called so");
    expect(await view.text("#list")).toBe("No stage fits.");
  });

  test("everything is reached by the keyboard, and is named for those who hear it", async () => {
    const view = await pages.show(page(madeUp(20, 5)));
    await view.page.focus("#graph");
    await view.page.keyboard.press("ArrowRight");
    expect(await view.text("#details-title")).toBe("step 3");
    expect(await view.text("#voice")).toMatch(/^step 3, failed, 31 ms, needs 3, needed by 3$/);
    await view.page.keyboard.press("ArrowRight");
    const next = await view.text("#details-title");
    expect(["step 5", "step 7", "step 8"]).toContain(next);
    await view.page.keyboard.press("ArrowLeft");
    expect(["step 0", "step 2", "step 3", "step 4"]).toContain(await view.text("#details-title"));
    await view.page.focus("#timeline");
    await view.page.keyboard.press("Home");
    expect(await view.text("#details-title")).toBe("step 0");
    await view.page.keyboard.press("Escape");
    expect(await view.page.isVisible("#details")).toBe(false);
    const nameless = await view.ask<
      string[]
    >(`[...document.querySelectorAll("button, input, select, canvas[tabindex], [role]")]
      .filter((each) => !(each.getAttribute("aria-label") || each.getAttribute("aria-labelledby") || each.textContent.trim() || each.labels?.length))
      .map((each) => each.outerHTML)`);
    expect(nameless).toEqual([]);
  });

  test("names and logs stay texts, whatever they hold", async () => {
    const evil = `</script><img src=x onerror="globalThis.hurt = true"> "q" 'a' 🚀\nsecond line`;
    const data = madeUp(3, 3);
    const nodes = data.nodes.map((node) => ({
      ...node,
      label: `${node.label} ${evil}`,
      ...(node.stage && { stage: { ...node.stage, argv: [evil], log: { text: evil } } }),
    }));
    const view = await pages.show(page({ ...data, title: evil, nodes }));
    expect(await view.page.title()).toBe(evil.replaceAll("\n", " "));
    expect(await view.text("#title")).toBe(evil);
    await view.page.click("#list button.stage >> nth=0");
    expect(await view.text("#details-title")).toContain(evil);
    expect(await view.text("pre.log")).toBe(evil);
    expect(await view.ask("[globalThis.hurt ?? false, document.images.length]")).toEqual([
      false,
      0,
    ]);
    expect(view.complaints).toEqual([]);
  });

  test("a narrow screen has it all below each other, and nothing beyond its edge", async () => {
    const view = await pages.show(page(madeUp(20, 5)), { width: 400, height: 800 });
    expect(await view.ask("document.documentElement.scrollWidth")).toBe(400);
    expect(await view.ask("ashlarPage.graph.layout.isUpright")).toBe(true);
    expect((await view.pixels("#graph")).get(await view.color("failed")) ?? 0).toBeGreaterThan(100);
    await view.page.click("#list button.stage >> nth=0");
    expect(await view.page.isVisible("#details")).toBe(true);
    expect(await view.ask("document.documentElement.scrollWidth")).toBe(400);
  });

  test("a plan that was never built has no timeline, and says so", async () => {
    const { build: _, ...data } = madeUp(20, 5);
    const nodes = data.nodes.map((node, at) => {
      if (node.stage === undefined) return node;
      const state = (["hit", "run", "unknown"] as const)[at % 3]!;
      const { run: __, reusedAt: ___, ...stage } = node.stage;
      return { ...node, stage: { ...stage, state } };
    });
    const view = await pages.show(page({ ...data, nodes }));
    expect(await view.text("#timeline-about")).toBe("no command has run yet");
    expect(await view.page.isVisible("#timeline")).toBe(false);
    const pixels = await view.pixels("#graph");
    for (const state of ["hit", "run", "unknown"]) {
      expect(pixels.get(await view.color(state)) ?? 0, state).toBeGreaterThan(100);
    }
    expect(view.complaints).toEqual([]);
  });

  test("at 10,000 stages it can be used, and shows every state and the critical path", async () => {
    const data = madeUp(10_000, 100);
    const html = page(data);
    expect(html.length).toBeLessThan(8_000_000);
    const view = await pages.show(html);
    // It is ready when the first picture is drawn; the page says so itself, and the test waits for nothing else.
    expect(await view.ask("performance.getEntriesByName('ashlar-ready').length")).toBe(1);
    expect(await view.ask("ashlarPage.graph.sigma.getGraph().order")).toBe(10_000);
    expect(await view.ask("ashlarPage.timeline.lanes.bars.length")).toBe(
      data.nodes.filter(({ stage }) => stage?.run !== undefined).length,
    );
    const graph = await view.pixels("#graph");
    for (const state of ["ran", "reused", "failed", "cancelled", "skipped", "expanded"]) {
      expect(graph.get(await view.color(state)) ?? 0, state).toBeGreaterThan(300);
    }
    const timeline = await view.pixels("#timeline");
    for (const color of ["ran", "failed", "critical", "reused"]) {
      expect(timeline.get(await view.color(color)) ?? 0, color).toBeGreaterThan(50);
    }
    await view.page.fill("#search", "step 9876");
    await view.page.press("#search", "Enter");
    expect(await view.text("#details-title")).toBe("step 9876");
    // The picture has gone there, and the node that lies there is that one.
    await view.page.keyboard.press("Escape");
    await view.page.fill("#search", "");
    await view.drawn();
    const { x, y } = await view.placeOf("step 9876");
    await view.page.mouse.click(x, y);
    expect(await view.text("#details-title")).toBe("step 9876");
    expect(await view.text("pre.command")).toContain("in/9876.c");
    expect(await view.text("pre.why")).toContain("... and 990 more stages");
    expect(view.complaints).toEqual([]);
  });

  test.skipIf(whyNot !== undefined)(
    "`ashlar graph --html` shows the last build, and explains as `ashlar why` does",
    async () => {
      using project = new Project({ "ashlar.build.ts": small, "src/a.txt": "hello\n" });
      await project.run("build checks.unit");
      project.write({ "src/a.txt": "hello, bad\n" });
      expect((await project.run("build -k")).code).toBe(1);
      const { stdout, code } = await project.run("graph --html page.html");
      expect(stdout).toMatch(/^page.html: 3 stages, \d+\.\d KiB\n$/);
      expect(code).toBe(0);
      const view = await pages.show(readFileSync(project.path("page.html"), "utf8"));
      const why = (await project.run("why checks.lint")).stdout;
      const { x, y } = await view.placeOf("lint");
      await view.page.mouse.click(x, y);
      expect(`${await view.text("pre.why")}\n`).toBe(why);
      expect(await view.text("pre.log")).toBe("found bad words\n");
      expect(await view.text("#facts .chip")).toBe("failed");
      expect(await view.text("pre.command")).toContain("grep -q bad");
      expect(view.complaints).toEqual([]);
    },
  );
});

describe.skipIf(forNobody !== "")(`without WebGL${forNobody}`, () => {
  test("the page says so, and the rest of it works", async () => {
    await using pages = await Pages.open(["--disable-gpu", "--disable-3d-apis"]);
    const view = await pages.show(fillTemplate(await bundlePage(), madeUp(20, 5)));
    expect(await view.page.isVisible("#no-webgl")).toBe(true);
    await view.page.click("#list button.stage >> nth=0");
    expect(await view.text("pre.command")).toContain("cc -c");
    expect(view.complaints.filter((each) => !each.includes("WebGL"))).toEqual([]);
  });
});
