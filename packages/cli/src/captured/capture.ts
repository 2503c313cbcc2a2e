/**
 * Capturing an action: a stage, with everything below it made, just before its command would run.
 *
 *     build ─▶ … ─▶ runner.run(action of the stage) ── not run ──▶ use(action)
 *
 * It is done with a runner that hands all actions on to another one, but for that of the stage. So it works with
 * whatever runner a build has, also after the stage has failed, and also when a result of it is there: then `verify`,
 * which runs commands once more, comes by.
 *
 * @module
 */
import {
  plan,
  stageDefinitions,
  verify,
  type Action,
  type ContentStore,
  type RunContext,
  type Runner,
} from "@ashlar/core";

import { stageUnknown } from "../errors.ts";
import type { Session } from "../session.ts";

/** An action, and the store that has its inputs. */
export interface Captured {
  readonly action: Action;
  readonly content: ContentStore;
}

/** Thrown into the build when the action has been used. */
class Done extends Error {}

/**
 * Builds what a stage stands on, and gives its action. All of its input is in the store until `use` settles.
 *
 * @param label - As plans call the stage call: `compile`, `compile#2`.
 * @throws {@link BuildError} `STAGE_UNKNOWN`; what a build of the inputs fails with.
 */
export async function captureAction<T>(
  session: Session,
  label: string,
  use: (captured: Captured) => Promise<T>,
): Promise<T> {
  const { targets } = session.file;
  const handles = targets.filter(({ isMember }) => !isMember).map(({ handle }) => handle);
  const ready = await session.ready();
  const name = label.replace(/#\d+$/, "");
  const definitions = stageDefinitions(handles);
  if (!definitions.some((each) => each.name === name)) {
    throw stageUnknown(label, [...new Set(definitions.map((each) => each.name))]);
  }
  const coming = await plan(handles, ready);
  const forecast = coming.stages.find(({ stage }) => stage === label);
  if (forecast === undefined) {
    throw stageUnknown(
      label,
      coming.stages.map(({ stage }) => stage),
    );
  }
  // Of a call whose inputs are not made yet, the key is not known: then the first one of that name is taken.
  const { key } = forecast;
  const isWanted = (action: Action): boolean =>
    key === undefined ? action.name === name : action.key === key;
  const done = new AbortController();
  let result: { readonly value: T } | undefined;
  let failure: { readonly error: unknown } | undefined;
  const runner = passingOn(ready.runner, async (action, { content }) => {
    if (!isWanted(action)) return false;
    if (result === undefined && failure === undefined) {
      try {
        result = { value: await use({ action, content }) };
      } catch (error) {
        failure = { error };
      }
    }
    done.abort(new Done());
    return true;
  });
  const signal = ready.signal ? AbortSignal.any([ready.signal, done.signal]) : done.signal;
  try {
    await verify(handles, {
      ...{ ...ready, runner, elsewhere: runner, signal, stages: [name], keepGoing: true },
    });
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
  if (failure !== undefined) throw failure.error;
  if (result === undefined)
    throw stageUnknown(
      label,
      coming.stages.map(({ stage }) => stage),
    );
  return result.value;
}

/** A runner like another one, but for the actions that somebody else takes. */
function passingOn(
  inner: Runner,
  take: (action: Action, context: RunContext) => Promise<boolean>,
): Runner {
  const identify = inner.identify?.bind(inner);
  return {
    ...{ name: inner.name, platform: inner.platform, hermeticity: inner.hermeticity },
    ...(inner.abilities && { abilities: inner.abilities }),
    ...(identify && { identify }),
    run: async (action, context) => {
      if (await take(action, context)) throw new Done();
      return await inner.run(action, context);
    },
    // It belongs to the session.
    [Symbol.asyncDispose]: async () => {},
  };
}
