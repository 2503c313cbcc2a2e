/**
 * The headline: what became of the build, in a few numbers.
 *
 * @module
 */
import { shownNumber, shownTime } from "../../src/shown.ts";
import { make } from "../element.ts";
import type { Model } from "../model.ts";
import type { Lanes } from "../timeline/lanes.ts";

/** A number and what it is. */
interface Figure {
  readonly name: string;
  readonly value: string;
  readonly about: string;
}

/** The numbers of the headline. */
export function figuresOf(model: Model, lanes: Lanes): readonly Figure[] {
  const { data } = model;
  const hits = model.count("reused", "hit");
  const misses = model.count("ran", "failed", "cancelled", "run");
  const open = model.count("unknown");
  const figure = (name: string, value: string, about: string): Figure => ({ name, value, about });
  return [
    figure("stages", shownNumber(model.stages.length), "stage calls"),
    figure("hits", shownNumber(hits), "results that the store had"),
    figure("misses", shownNumber(misses), "commands that had to run"),
    ...(open > 0
      ? [figure("unknown", shownNumber(open), "stages of which that depends on others")]
      : []),
    ...(data.build === undefined
      ? []
      : [
          figure(
            "took",
            shownTime(data.build.durationMs),
            "from the start of the build to its end",
          ),
        ]),
    ...(data.criticalMs > 0
      ? [
          figure(
            "critical path",
            shownTime(data.criticalMs),
            `${data.criticalPath.length} stages: no number of slots makes it shorter`,
          ),
        ]
      : []),
    ...(lanes.bars.length > 0 && lanes.idle !== undefined
      ? [
          figure(
            "idle",
            `${Math.round(lanes.idle * 100)} %`,
            `share of the time of ${lanes.slots} slots in which they had nothing to do`,
          ),
        ]
      : []),
  ];
}

/** Fills the headline. */
export function fillHeadline(place: HTMLElement, model: Model, lanes: Lanes): void {
  for (const { name, value, about } of figuresOf(model, lanes)) {
    const figure = make("div", { title: about, attributes: { "data-figure": name } });
    figure.append(make("dt", {}, name), make("dd", {}, value));
    place.append(figure);
  }
}

/** What the page is of, in a clause. */
export function occasionOf({ data }: Model): string {
  const at = (ms: number): string =>
    `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const { build } = data;
  if (build === undefined) return `planned ${at(data.madeAt)}; nothing was built yet`;
  return `built ${at(build.startedAt)}`;
}
