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
    if (event.type === "build-started" || event.type === "stage-expanded") {
      labels.add(event.stages);
      const stages = event.stages.map((each) => {
        const name = labelOf(each);
        return name === each.name ? each : { ...each, name };
      });
      return "name" in event ? { ...event, stages, name: labelOf(event) } : { ...event, stages };
    }
    if (!("id" in event)) return event;
    const name = labelOf(event);
    if (event.type === "stage-settled" && event.error !== undefined) {
      const { error } = event;
      return { ...event, name, error: { ...error, text: ownWords(error.text, name) } };
    }
    return name === event.name ? event : { ...event, name };
  };
  return {
    onEvent: (event) => reporter.onEvent(inLabels(event)),
    end: (end) => reporter.end(end),
  };
}
