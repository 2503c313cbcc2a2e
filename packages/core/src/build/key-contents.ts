/**
 * Key contents: all that decides whether a result of a stage call is found, as data.
 *
 * A key is a digest, and says nothing. What it is the digest of are parts with names, and inputs. Two machines that
 * should share a result and do not can compare those.
 *
 * @module
 */
import { state, type Kind } from "../artifact/handle.ts";
import type { Digest } from "../digest/digest.ts";
import type { InputOrigin } from "../explain/change.ts";
import type { Evidence } from "../explain/evidence.ts";
import { originOfInput } from "../explain/origin-of-input.ts";
import type { ActionKey } from "../graph/action.ts";
import type { PlanNode } from "../graph/plan.ts";
import type { KeyPart } from "../rebuild/key-parts.ts";

/** What decides about the result of a stage call. Plain data, that survives JSON. */
export interface KeyContents {
  /** The stage call, as plans and graphs call it: `compile`, `compile#2`. */
  readonly stage: string;
  /** Absent as long as an input is not known: then there is no part for the input root either. */
  readonly key?: ActionKey;
  /** All that the key is made of, in the order in which it is written. */
  readonly parts: readonly KeyPart[];
  /** What the input root is made of. */
  readonly inputs: readonly KeyInput[];
}

/** Content that is laid in the input root of a command. */
export interface KeyInput {
  /** Where it lies; empty for the top. */
  readonly path: string;
  readonly from: InputOrigin;
  readonly kind: Kind;
  /** Absent when it is not known before other stages have run. */
  readonly digest?: Digest;
}

/** The key contents of a node's call. */
export async function keyContentsOf(evidence: Evidence, node: PlanNode): Promise<KeyContents> {
  const { call } = node;
  const known = await evidence.composeKnown(node);
  const composed = await evidence.compose(node);
  const inputs = call.command.mounts.map(({ path, artifact }, at): KeyInput => {
    const { from } = originOfInput(call.command.mounts, path, evidence.labelOf);
    const digest = known.values[at]?.digest;
    const { kind } = artifact[state];
    return { path, from, kind, ...(digest !== undefined && { digest }) };
  });
  return {
    stage: evidence.labelOf(call),
    ...(composed !== undefined && { key: composed.action.key }),
    parts: composed?.parts ?? known.parts,
    inputs,
  };
}
