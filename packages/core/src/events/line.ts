/**
 * Events as lines of JSON: one event a line, in the form in which a build tells it.
 *
 * What is read back was written by who knows whom, so its form is checked: a type that is known, and the
 * fields that everybody who folds events relies on. Fields that are unknown stay.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { malformedEvent } from "../errors/catalogue.ts";
import type { BuildEvent, BuildOutcome, Outcome, StagePhase } from "./event.ts";

/** Writes an event as one line, its line feed included. */
export function encodeEvent(event: BuildEvent): string {
  // JSON leaves these two as they are, and some readers of lines (Node's own) break lines there.
  const json = JSON.stringify(event)
    .replaceAll("\u2028", String.raw`\u2028`)
    .replaceAll("\u2029", String.raw`\u2029`);
  return `${json}\n`;
}

/**
 * Reads an event back. A field that was `undefined` is absent.
 *
 * @param place - Where the line stands, for the error: `line 3 of build.jsonl`.
 * @throws {@link BuildError} `MALFORMED_MESSAGE` when the line is not an event.
 */
export function decodeEvent(line: string, place: string): BuildEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw malformedEvent(place, "it is not JSON", error);
  }
  if (typeof value !== "object" || value === null) throw malformedEvent(place, "it is no object");
  const fields = value as Readonly<Record<string, unknown>>;
  const { type, atMs } = fields;
  if (typeof type !== "string" || !Object.hasOwn(forms, type)) {
    throw malformedEvent(place, `its type is ${describe(type)}`);
  }
  if (!isNumber(atMs)) throw malformedEvent(place, "it has no `atMs`");
  const form = Object.entries(forms[type as BuildEvent["type"]]);
  const wrong = form.find(([name, holds]) => !holds(fields[name]));
  if (wrong !== undefined)
    throw malformedEvent(place, `its \`${wrong[0]}\` is not as in \`${type}\``);
  return value as BuildEvent;
}

type Test = (value: unknown) => boolean;

const isNumber: Test = (value) => typeof value === "number";
const isString: Test = (value) => typeof value === "string";
const isBoolean: Test = (value) => typeof value === "boolean";
const isListOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const isOneOf =
  <T extends string>(known: Readonly<Record<T, true>>): Test =>
  (value) =>
    typeof value === "string" && Object.hasOwn(known, value);
const isError: Test = (value) =>
  matches(value, { code: isString, message: isString, text: isString });
const isErrorOrNone: Test = (value) => value === undefined || isError(value);
const isRemark: Test = (value) =>
  matches(value, {
    ...{ kind: isString, subject: isString, text: isString },
    severity: isOneOf({ note: true, warning: true }),
  });
const areRemarksOrNone: Test = (value) => value === undefined || isListOf(isRemark)(value);

function matches(value: unknown, form: Readonly<Record<string, Test>>): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(form).every(([name, holds]) => holds(fields[name]));
}

// Records and not lists, so that a new outcome has to be put here too.
const outcomes: Readonly<Record<Outcome, true>> = {
  ...{ ran: true, reused: true, expanded: true, failed: true, skipped: true, cancelled: true },
};
const phases: Readonly<Record<StagePhase, true>> = {
  ...{ uploading: true, queued: true, executing: true, downloading: true },
};
const buildOutcomes: Readonly<Record<BuildOutcome, true>> = {
  ...{ succeeded: true, failed: true, cancelled: true },
};

const stage = { id: isNumber, name: isString };
const listed = { ...stage, dependencies: isListOf(isNumber) };
const isListed: Test = (value) => matches(value, listed);

/** The fields that an event of each type must have. */
const forms: Readonly<Record<BuildEvent["type"], Readonly<Record<string, Test>>>> = {
  "build-started": { stages: isListOf(isListed) },
  "source-taken": { location: isString, digest: isString, durationMs: isNumber },
  "stage-expanded": { ...listed, stages: isListOf(isListed) },
  "stage-started": { ...stage, key: isString, argv: isListOf(isString) },
  "stage-progressed": { ...stage, phase: isOneOf(phases) },
  "stage-output": {
    ...stage,
    stream: isOneOf({ stdout: true, stderr: true }),
    text: isString,
    isReplay: isBoolean,
  },
  "stage-rewound": { ...stage, digest: isString },
  "stage-retried": { ...stage, attempt: isNumber, error: isError, delayMs: isNumber },
  "stage-verified": { ...stage, key: isString, isSame: isBoolean },
  "stage-settled": {
    ...stage,
    outcome: isOneOf(outcomes),
    durationMs: isNumber,
    attempts: isNumber,
    error: isErrorOrNone,
    remarks: areRemarksOrNone,
    fellBack: isErrorOrNone,
  },
  "remote-cache-used": {
    name: isString,
    ...{ hits: isNumber, misses: isNumber, fetchedBlobs: isNumber, fetchedBytes: isNumber },
    ...{ sentResults: isNumber, sentBlobs: isNumber, sentBytes: isNumber, failures: isNumber },
    ...{ error: isErrorOrNone, isGivenUp: isBoolean, remarks: isListOf(isString) },
  },
  "build-settled": { outcome: isOneOf(buildOutcomes), durationMs: isNumber },
};
