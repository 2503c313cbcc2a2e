/**
 * Matching: which script stands for which stage. A call has one script, or none.
 *
 * @module
 */
import { invalidOption, type AnyStage, type BuildError } from "@ashlar/core";

import type { MockCall } from "./call.ts";
import { mockScriptAmbiguous, mockScriptUnused } from "./errors.ts";
import type { MockScript } from "./script.ts";

/** What is scripted: a stage, all stages of a name, or the calls that a function picks. */
export type MockTarget = AnyStage | string | Predicate;

/** A script, and what it stands for. */
interface Entry {
  readonly target: MockTarget;
  readonly script: MockScript;
  /** Whether a call has had it. */
  isUsed: boolean;
}

/** The scripts of one runner. */
export class Matching {
  readonly #entries = new Map<MockTarget, Entry>();
  /** Those of the entries that have to be asked, for every call. */
  #predicates: readonly Entry[] = [];

  /**
   * Adds a script.
   *
   * @throws {@link BuildError} `MOCK_SCRIPT_AMBIGUOUS` when the target has one already; `INVALID_OPTION`.
   */
  add(target: MockTarget, script: MockScript): void {
    if (typeof target !== "string" && typeof target !== "function" && !isStage(target)) {
      throw invalidOption("target", String(target), "a stage, a name or a function of a call");
    }
    const entry = { target, script, isUsed: false };
    const twin = this.#entries.get(target);
    if (twin !== undefined) {
      throw mockScriptAmbiguous(nameOf(target), [twin, entry].map(describeEntry));
    }
    this.#entries.set(target, entry);
    if (isPredicate(target)) this.#predicates = [...this.#predicates, entry];
  }

  /** Puts a script in the place of the one that a target has. What has none gets one. */
  replace(target: MockTarget, script: MockScript): void {
    this.#entries.delete(target);
    this.#predicates = this.#predicates.filter((entry) => entry.target !== target);
    this.add(target, script);
  }

  /**
   * The script of a call.
   *
   * @throws {@link BuildError} `MOCK_SCRIPT_AMBIGUOUS` when there are several.
   */
  find(call: MockCall): MockScript | undefined {
    const picked = this.#predicates.filter(({ target }) => (target as Predicate)(call));
    const own = [this.#entries.get(call.stage), this.#entries.get(call.name)];
    const [found, ...others] = [...own, ...picked].filter((entry) => entry !== undefined);
    if (found === undefined) return undefined;
    if (others.length > 0) {
      throw mockScriptAmbiguous(call.name, [found, ...others].map(describeEntry));
    }
    found.isUsed = true;
    return found.script;
  }

  /** Names that are scripted. */
  get names(): readonly string[] {
    return [...this.#entries.keys()].filter((target) => !isPredicate(target)).map(nameOf);
  }

  /** The complaint about scripts that no call has had; `undefined` when there are none. */
  unused(called: readonly string[]): BuildError | undefined {
    const [first, ...others] = [...this.#entries.values()].filter(({ isUsed }) => !isUsed);
    if (first === undefined) return undefined;
    const name = isPredicate(first.target) ? undefined : nameOf(first.target);
    return mockScriptUnused([first, ...others].map(describeEntry), name, called);
  }
}

type Predicate = (call: MockCall) => boolean;

/** True when a target stands for a call. */
export function matches(target: MockTarget, call: MockCall): boolean {
  if (isPredicate(target)) return target(call);
  return target === call.stage || target === call.name;
}

function isStage(target: unknown): target is AnyStage {
  const isAny = typeof target === "function" || (typeof target === "object" && target !== null);
  return isAny && "stageName" in target;
}

function isPredicate(target: MockTarget): target is Predicate {
  return typeof target === "function" && !isStage(target);
}

function nameOf(target: MockTarget): string {
  if (typeof target === "string") return target;
  return isStage(target) ? target.stageName : target.name;
}

function describeEntry({ target }: Entry): string {
  if (typeof target === "string") return `the name \`${target}\``;
  return isStage(target) ? `the stage \`${target.stageName}\`` : "a function";
}
