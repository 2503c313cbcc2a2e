/**
 * Labelled: a reporter that hears of stage calls as plans call them, so that two calls of one stage can be told
 * apart, and of failures in the words of the command line.
 *
 * @module
 */
import type { BuildEvent } from "@ashlar/core";

import { Labels } from "../labels.ts";
import { ownWords } from "../own-words.ts";
import type { Reporter } from "./reporter.ts";

/** Tells a reporter of events in which each name is a label. */
export function labelled(reporter: Reporter): Reporter {
  const labels = new Labels();
  const labelOf = ({ id, name }: { readonly id: number; readonly name: string }): string =>
    labels.of(id) ?? name;
  const inLabels = (event: BuildEvent): BuildEvent => {
    switch (event.type) {
      case "build-started":
      case "stage-expanded": {
        labels.add(event.stages);
        const stages = event.stages.map((each) => {
          const name = labelOf(each);
          return name === each.name ? each : { ...each, name };
        });
        return event.type === "build-started"
          ? { ...event, stages }
          : { ...event, stages, name: labelOf(event) };
      }
      case "stage-settled": {
        const name = labelOf(event);
        const { error } = event;
        if (error === undefined) return name === event.name ? event : { ...event, name };
        return { ...event, name, error: { ...error, text: ownWords(error.text, name) } };
      }
      case "build-settled":
      case "source-taken":
        return event;
      case "stage-started":
      case "stage-progressed":
      case "stage-output":
      case "stage-retried":
      case "stage-rewound":
      case "stage-verified": {
        const name = labelOf(event);
        return name === event.name ? event : { ...event, name };
      }
    }
  };
  return {
    onEvent: (event) => reporter.onEvent(inLabels(event)),
    end: (end) => reporter.end(end),
  };
}
