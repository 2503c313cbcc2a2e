/**
 * Testimony of a build that was made: what statements about its artifacts are made from.
 *
 * @module
 */
import type { Artifact } from "../artifact/handle.ts";
import { makeStatement } from "../attest/make-statement.ts";
import type { ProvenanceOptions, ProvenanceStatement } from "../attest/statement.ts";
import { labelsOf } from "../graph/labels.ts";
import type { Value } from "../runner/runner.ts";
import type { BuildEvidenceParts } from "./build-evidence.ts";
import { Composer } from "./composer.ts";

/** Makes the statement about an artifact of a build. Rejects as `report.provenance` does. */
export async function attestBuild(
  parts: BuildEvidenceParts & { readonly cwd: string },
  artifact: Artifact,
  value: Value,
  options: ProvenanceOptions,
): Promise<ProvenanceStatement> {
  const { plan, store, settlements, cwd } = parts;
  const { content } = store;
  const labels = labelsOf(plan);
  const byOriginal = new Map(plan.nodes.map(({ call }) => [call.original, call]));
  const composer = new Composer({ ...parts, content, known: settlements });
  const testimony = {
    ...{ plan, content, cwd },
    labelOf: (call: Parameters<typeof labels.get>[0]): string => {
      // Users may hold a call of which the plan has a copy, with other gates.
      const copy = byOriginal.get(call.original) ?? call;
      return labels.get(call) ?? labels.get(copy) ?? call.name;
    },
    sourceValue: settlements.sourceValue.bind(settlements),
    runOf: ({ id }: { readonly id: number }) => {
      const { key, produced } = settlements.find(id) ?? {};
      return { key, result: produced?.result };
    },
    partsOf: async ({ call }: { readonly call: Parameters<typeof composer.composeKnown>[0] }) =>
      (await composer.composeKnown(call)).parts,
  };
  return await makeStatement(testimony, artifact, value, options);
}
