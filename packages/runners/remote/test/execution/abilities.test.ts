/**
 * How long a service is asked what it can do, and that the fault is not our own.
 *
 * @module
 */
import { expect, test } from "vitest";

import { Abilities } from "../../src/execution/abilities.ts";
import { RpcError, type Transport } from "../../src/reapi/transport.ts";
import { hasty } from "./rig.ts";

const askMs = 2000;

/** Asks a service that never answers, for which each try takes so long. Gives how often it was asked, and what came of it. */
async function tries(...tookMs: readonly number[]): Promise<[asked: number, code: unknown]> {
  let now = 0;
  let asked = 0;
  const unary = async (): Promise<never> => {
    now += tookMs[asked++] ?? askMs;
    throw new RpcError({ status: "DEADLINE_EXCEEDED", message: "late", limitMs: askMs });
  };
  const transport = { name: "test", unary } as unknown as Transport;
  const connection = { name: "test", instance: "", transport };
  const abilities = new Abilities(connection, askMs, () => now);
  const { signal } = new AbortController();
  const error: unknown = await abilities.check(signal, hasty).catch((thrown: unknown) => thrown);
  return [asked, (error as { code?: unknown }).code];
}

test("a service that does not answer in time is given up", async () => {
  expect(await tries(askMs + 1)).toEqual([1, "REMOTE_UNAVAILABLE"]);
});

test("one that could not, for the machine stood still, is asked again", async () => {
  expect(await tries(askMs + 10_000, askMs + 1)).toEqual([2, "REMOTE_UNAVAILABLE"]);
});

test("where that is always so, it is given up some day", async () => {
  const often = Array.from({ length: 20 }, () => askMs + 10_000);
  expect(await tries(...often)).toEqual([5, "REMOTE_UNAVAILABLE"]);
});
