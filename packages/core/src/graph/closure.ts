/**
 * Closures: the stage calls that handles stand on.
 *
 * @module
 */
import {
  state,
  type Artifact,
  type Gate,
  type Handle,
  type SourceOrigin,
} from "../artifact/handle.ts";
import { invariant } from "../base/assert.ts";
import { StageCall } from "./stage.ts";

/** What a handle needs at once: calls that must succeed, and directories that must be read. */
export interface Needs {
  readonly calls: ReadonlySet<StageCall>;
  readonly sources: ReadonlySet<SourceOrigin>;
}

/** The calls that handles stand on, those below before those above. Safe for chains of any length. */
export function callsBelow(handles: Iterable<Handle>): StageCall[] {
  const ordered: StageCall[] = [];
  const seen = new Set<StageCall>();
  const stack: { readonly call: StageCall; readonly below: Iterator<StageCall> }[] = [];
  const visit = (call: StageCall): void => {
    if (seen.has(call)) return;
    seen.add(call);
    stack.push({ call, below: needsOfCall(call).calls.values() });
  };
  for (const start of needsOf(handles).calls) {
    visit(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.below.next();
      if (next.done !== true) visit(next.value);
      else {
        ordered.push(top.call);
        stack.pop();
      }
    }
  }
  return ordered;
}

/** What a call needs: what its inputs come from, and its gates. */
export function needsOfCall(call: StageCall): Needs {
  return needsOf([...call.command.mounts.map(({ artifact }) => artifact), ...call.gates]);
}

/** What handles need at once, one call deep. */
export function needsOf(handles: Iterable<Handle>): Needs {
  const calls = new Set<StageCall>();
  const sources = new Set<SourceOrigin>();
  const pending: Handle[] = [...handles];
  for (let handle = pending.pop(); handle !== undefined; handle = pending.pop()) {
    const inside = handle[state];
    if (inside.type === "artifact")
      pending.push(...artifactNeeds(handle as Artifact, calls, sources));
    else if (inside.type === "group") pending.push(...Object.values(inside.members as object));
    else calls.add(asCall(inside.producer));
  }
  return { calls, sources };
}

/** Adds the artifact's own maker, and returns the handles that it derives from. */
function artifactNeeds(
  artifact: Artifact,
  calls: Set<StageCall>,
  sources: Set<SourceOrigin>,
): readonly Gate[] {
  const { origin } = artifact[state];
  switch (origin.type) {
    case "source":
      sources.add(origin);
      return [];
    case "text":
      return [];
    case "output":
      calls.add(asCall(origin.producer));
      return [];
    case "view":
      return [origin.base];
    case "gated":
      return [origin.base, ...origin.gates];
  }
}

/** The calls are made in this floor only; handles know them by their interface. */
export function asCall(producer: unknown): StageCall {
  invariant(producer instanceof StageCall, "an output's producer is a stage call");
  return producer;
}
