/**
 * Who ran an action, as results name him: `<runner>/<hermeticity>`, with `+cache` behind it where the command had one.
 *
 * What a service's own workers write there, if anything, is a name of theirs, and says nothing of how far a command was kept
 * to its inputs. That is what the service promises, by the user's word.
 *
 * @module
 */
import type { Hermeticity, Runner } from "@ashlar/core";

/** As we write it into results. */
const ours = /^([^/]+)\/(sandbox|container|declared|mock|none)(?:\+cache)?$/;

/** Who ran it, if that was one of our clients; `undefined` for workers of a service. */
export function clientOf(worker: string): Pick<Runner, "hermeticity" | "name"> | undefined {
  const [, name, hermeticity] = ours.exec(worker) ?? [];
  return name === undefined ? undefined : { name, hermeticity: hermeticity as Hermeticity };
}

/** What results of a service's own workers are labelled with: as if we had had them executed. */
export function labelOfWorkers(hermeticity: Hermeticity): string {
  return `remote/${hermeticity}`;
}
