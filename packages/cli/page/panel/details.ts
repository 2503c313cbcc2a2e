/**
 * The details of a node: all that there is to say about it.
 *
 * @module
 */
import type { PageNeed, PageNode, PageStage } from "../../src/page/page-data.ts";
import { shownBytes, shownCount, shownTime } from "../../src/shown.ts";
import { button, make } from "../element.ts";
import { isGate, type Model } from "../model.ts";
import { lookOf } from "../states.ts";
import { shellLine } from "./shell.ts";
import { whyText } from "./why.ts";

/** Nodes that are listed of those that need one; more are only counted. */
const maxListed = 100;

/** What details are made from. */
export interface DetailsParts {
  readonly model: Model;
  readonly node: number;
  /** Goes to another node. */
  readonly go: (node: number) => void;
}

/** Makes them. */
export function detailsOf(parts: DetailsParts): readonly Node[] {
  const { model, node: at } = parts;
  const node = model.nodes[at];
  if (node === undefined) return [];
  const { stage } = node;
  return [
    facts(parts, node),
    // What one wants to know first.
    ...(stage?.state === "failed" ? [log(stage)] : []),
    ...(stage?.why === undefined ? [] : [section("Why", pre("why", whyText(model.nodes, at)))]),
    ...(stage === undefined ? [] : command(stage)),
    ...inputs(parts, node),
    ...outputs(stage),
    ...needing(parts),
    ...(stage === undefined || stage.state === "failed" ? [] : [log(stage)]),
  ];
}

function facts({ model, node: at }: DetailsParts, node: PageNode): HTMLElement {
  const list = make("dl", { class: "facts" });
  const say = (name: string, ...what: readonly (Node | string)[]): void => {
    list.append(make("dt", {}, name), make("dd", {}, ...what));
  };
  const { stage } = node;
  if (stage === undefined) {
    say(
      "Kind",
      { source: "source", text: "text of the script", merge: "merge", stage: "" }[node.kind],
    );
    if (node.sha256 !== undefined) say("SHA-256", make("code", {}, node.sha256));
    if (node.sizeBytes !== undefined) say("Size", shownBytes(node.sizeBytes));
    return list;
  }
  const { word, about } = lookOf(stage.state);
  say("State", make("span", { class: `chip ${stage.state}` }, word), ` ${about}`);
  const { run, durationMs, expectedMs, key } = stage;
  if (run !== undefined) {
    say(
      "Took",
      `${shownTime(run.to - run.from)}, from ${shownTime(run.from)} to ${shownTime(run.to)} in slot ${run.row}`,
    );
  } else if (durationMs !== undefined) say("Took", `${shownTime(durationMs)}, when it ran`);
  if (expectedMs !== undefined) say("Expected", shownTime(expectedMs));
  if (model.critical.has(at)) {
    const order = model.data.criticalPath.indexOf(at) + 1;
    say("Critical path", `${order} of ${model.data.criticalPath.length}`);
  }
  if (node.isTarget === true) say("Target", "it was asked for");
  if (key !== undefined) say("Key", make("code", {}, key));
  return list;
}

function command({ argv, cwd, tools, image }: PageStage): readonly Node[] {
  if (argv === undefined) {
    return [
      section(
        "Command",
        make(
          "p",
          { class: "faint" },
          "A dynamic stage has described it in the build; the plan does not know it.",
        ),
      ),
    ];
  }
  if (argv.length === 0) {
    return [
      section(
        "Command",
        make(
          "p",
          { class: "faint" },
          "None: it reads its inputs, and describes more of the graph.",
        ),
      ),
    ];
  }
  const line = shellLine(argv);
  const more = make("dl", { class: "facts" });
  if (cwd !== undefined)
    more.append(make("dt", {}, "Directory"), make("dd", {}, make("code", {}, cwd)));
  if (image !== undefined)
    more.append(make("dt", {}, "Image"), make("dd", {}, make("code", {}, image)));
  if (tools !== undefined) more.append(make("dt", {}, "Tools"), make("dd", {}, tools.join(", ")));
  return [
    section(
      "Command",
      pre("command", line),
      copyButton(line),
      more.childElementCount > 0 ? more : undefined,
    ),
  ];
}

function inputs(parts: DetailsParts, { needs = [] }: PageNode): readonly Node[] {
  const content = needs.filter((need) => !isGate(need));
  const gates = needs.filter(isGate);
  const lists: Node[] = [];
  if (content.length > 0) {
    lists.push(
      section(
        "Inputs",
        listOf(content, (need) => [
          make("code", {}, placeOf(need)),
          " ← ",
          link(parts, need.node),
          ...(need.output === undefined ? [] : [` (${need.output})`]),
        ]),
      ),
    );
  }
  if (gates.length > 0) {
    lists.push(
      section(
        "Only after",
        listOf(gates, ({ node }) => [link(parts, node)]),
      ),
    );
  }
  return lists;
}

function placeOf({ path, isWritable, isPart, isImage }: PageNeed): string {
  const marks = [isWritable === true ? "writable" : "", isPart === true ? "a part" : ""].filter(
    Boolean,
  );
  const place = isImage === true ? "the image" : path === "" || path === undefined ? "." : path;
  return marks.length === 0 ? place : `${place} (${marks.join(", ")})`;
}

function outputs(stage: PageStage | undefined): readonly Node[] {
  const all = stage?.outputs ?? [];
  if (all.length === 0) return [];
  return [
    section(
      "Outputs",
      listOf(all, ({ name, kind, path }) => [
        make("code", {}, path),
        ` ${kind}${name === path ? "" : ` ${name}`}`,
      ]),
    ),
  ];
}

function needing(parts: DetailsParts): readonly Node[] {
  const all = parts.model.after[parts.node] ?? [];
  if (all.length === 0) return [];
  const listed = listOf(all.slice(0, maxListed), (at) => [link(parts, at)]);
  const left = all.length - maxListed;
  if (left > 0)
    listed.append(make("li", { class: "faint" }, `… and ${shownCount(left, "more", "more")}`));
  return [section("Needed by", listed)];
}

function log({ log: printed, state }: PageStage): Node {
  if (printed === undefined) {
    const didRun = state === "ran" || state === "failed" || state === "reused" || state === "hit";
    return section(
      "Log",
      make(
        "p",
        { class: "faint" },
        didRun ? "It printed nothing, or nothing that is in this page." : "It has not run.",
      ),
    );
  }
  const { text, leftOut = 0 } = printed;
  const cut =
    leftOut === 0
      ? undefined
      : make(
          "p",
          { class: "faint" },
          `The first ${shownBytes(leftOut)} are left out; \`ashlar logs\` has them.`,
        );
  return section("Log", cut, pre("log", text));
}

function section(title: string, ...children: readonly (Node | undefined)[]): HTMLElement {
  return make("section", {}, make("h3", {}, title), ...children);
}

function pre(name: string, text: string): HTMLElement {
  // Focusable, for what is too wide or high is scrolled.
  return make("pre", { class: name, attributes: { tabindex: "0" } }, text);
}

function listOf<T>(
  items: readonly T[],
  describe: (item: T) => readonly (Node | string)[],
): HTMLElement {
  return make("ul", { class: "plain" }, ...items.map((item) => make("li", {}, ...describe(item))));
}

function link({ model, go }: DetailsParts, at: number): HTMLElement {
  const state = model.stage(at)?.state;
  return button(
    { class: "link", onClick: () => go(at) },
    make("i", { class: `dot ${state ?? "plain"}`, attributes: { "aria-hidden": "true" } }),
    model.label(at),
  );
}

function copyButton(text: string): HTMLElement {
  const copy = button(
    {
      class: "small",
      onClick: () => {
        navigator.clipboard.writeText(text).then(
          () => {
            copy.textContent = "copied";
          },
          // Not allowed, for instance: then it is selected by hand.
          () => {
            copy.textContent = "not allowed";
          },
        );
      },
    },
    "copy",
  );
  return copy;
}
