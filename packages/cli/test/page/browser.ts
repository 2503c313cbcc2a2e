/**
 * Pages in a real browser: headless Chromium, as the system has it.
 *
 * @module
 */
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser, type Page } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

const executable = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** What stands behind the titles of tests that cannot be made: empty when they can. */
export const forNobody: string = executable === undefined ? " (skipped: no Chromium)" : "";

/** Drawn by the processor, and asking nobody in the network for anything. */
const flags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  // Colours as they stand in the style sheet.
  "--force-color-profile=srgb",
];

/** For pages that hang, in milliseconds: drawn by a busy processor, one may take long. */
const timeout = 240_000;

/** How a page is looked at. */
export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly isDark?: boolean;
  readonly flags?: readonly string[];
}

/** A browser for the tests of one file. */
export class Pages implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "ashlar-page-"));
  readonly #browser: Browser;
  #count = 0;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(more: readonly string[] = []): Promise<Pages> {
    const args = [...flags, ...more];
    return new Pages(await chromium.launch({ executablePath: executable!, args, timeout }));
  }

  /** Shows a page, and waits until it can be used. */
  async show(html: string, options: ViewOptions = {}): Promise<View> {
    const path = join(this.#folder, `${this.#count++}.html`);
    writeFileSync(path, html);
    const { width = 1280, height = 800, isDark = false } = options;
    const page = await this.#browser.newPage({
      viewport: { width, height },
      colorScheme: isDark ? "dark" : "light",
      reducedMotion: "reduce",
    });
    page.setDefaultTimeout(timeout);
    const view = new View(page);
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector("html[data-ready=true]", { state: "attached" });
    return view;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A part of the page. */
export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A page on the screen. */
export class View {
  readonly page: Page;
  /** What went wrong, and what was asked of the network: there must be nothing. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) this.complaints.push(`asked for ${request.url()}`);
    });
  }

  /** What a script in the page gives. */
  async ask<T>(script: string): Promise<T> {
    return await this.page.evaluate<T>(script);
  }

  /** Waits until everything that was asked for is drawn. */
  async drawn(): Promise<void> {
    await this.ask(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
  }

  async text(selector: string): Promise<string> {
    return (await this.page.textContent(selector)) ?? "";
  }

  /** A colour of the style sheet, as `#rrggbb`. */
  async color(name: string): Promise<string> {
    return await this.ask<string>(
      `getComputedStyle(document.documentElement).getPropertyValue("--${name}").trim()`,
    );
  }

  /** How many pixels of an element, or of a part of the page, have each colour: `#rrggbb`. */
  async pixels(selector: string, clip?: Clip): Promise<ReadonlyMap<string, number>> {
    await this.drawn();
    const png = await (clip === undefined
      ? this.page.locator(selector).screenshot()
      : this.page.screenshot({ clip }));
    // In a page of its own: this one is not allowed to load a picture.
    const blank = await this.page.context().browser()!.newPage();
    const counts = await blank.evaluate<[string, number][]>(`(async () => {
      const image = await createImageBitmap(await (await fetch("data:image/png;base64,${png.toString("base64")}")).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const counts = new Map();
      for (let at = 0; at < data.length; at += 4) {
        const color = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
        counts.set(color, (counts.get(color) ?? 0) + 1);
      }
      return [...counts].map(([color, count]) => ["#" + color.toString(16).padStart(6, "0"), count]);
    })()`);
    await blank.close();
    return new Map(counts);
  }

  /** Where a node of the graph lies on the screen, in pixels of the page. */
  async placeOf(label: string): Promise<{ readonly x: number; readonly y: number }> {
    return await this.ask(`(() => {
      const { model, graph } = ashlarPage;
      const at = model.nodes.findIndex(({ label }) => label === ${JSON.stringify(label)});
      const { x, y } = graph.sigma.graphToViewport(graph.sigma.getGraph().getNodeAttributes(String(at)));
      const box = document.querySelector("#graph").getBoundingClientRect();
      return { x: box.left + x, y: box.top + y };
    })()`);
  }
}
