/**
 * Making statements: from what a build knows of an artifact to its provenance.
 *
 * The same build gives the same statement, byte for byte, and so does one that reuses all that it would run: every part
 * follows from the graph, the contents, and the results, which say when and by whom they were made.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import type { Artifact, SourceOrigin } from "../artifact/handle.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import { describe } from "../base/describe.ts";
import { sortedBy } from "../base/order.ts";
import { digestBytes, emptyDigest } from "../digest/digest.ts";
import { invalidOption } from "../errors/catalogue.ts";
import type { Plan, PlanNode } from "../graph/plan.ts";
import { keyVersion, type KeyPart } from "../rebuild/key-parts.ts";
import type { RunRecord } from "../rebuild/rebuilder.ts";
import type { Value } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";
import {
  describeBlob,
  describeImage,
  describeSource,
  describeTool,
  subjectsOf,
} from "./descriptors.ts";
import { ingredientsOf, type Ingredients } from "./ingredients.ts";
import { factsOf, nameArtifact, parametersOf, timeText, type Names } from "./stage-facts.ts";
import {
  buildType,
  unnamedBuilder,
  type ProvenanceOptions,
  type ProvenancePredicate,
  type ProvenanceStatement,
  type ResourceDescriptor,
} from "./statement.ts";

/** What a build has to tell of an artifact that it has made. */
export interface Testimony extends Names {
  readonly plan: Plan;
  readonly content: ContentStore;
  readonly sourceValue: (origin: SourceOrigin) => Value | undefined;
  /** The result that stands for a call, and its key. */
  runOf(node: PlanNode): {
    readonly key: string | undefined;
    readonly result: RunRecord | undefined;
  };
  /** What its key is made of; the input root may be missing. */
  partsOf(node: PlanNode): Promise<readonly KeyPart[]>;
}

/**
 * Makes the statement about an artifact.
 *
 * @throws {@link BuildError} `ARTIFACT_NOT_BUILT`, `BLOB_LOST`, `INVALID_OPTION`.
 */
export async function makeStatement(
  testimony: Testimony,
  artifact: Artifact,
  value: Value,
  options: ProvenanceOptions,
): Promise<ProvenanceStatement> {
  checkOptions(options);
  const { plan, content } = testimony;
  const ingredients = ingredientsOf(plan, artifact);
  const { producer } = ingredients;
  const parts = new Map<PlanNode, readonly KeyPart[]>();
  for (const node of ingredients.nodes) {
    parts.set(node, node.call.expand === undefined ? await testimony.partsOf(node) : []);
  }
  const name = nameOf(artifact);
  const subject = await subjectsOf(content, name, value, options.subject ?? "files");
  const buildDefinition: ProvenancePredicate["buildDefinition"] = {
    buildType,
    externalParameters: {
      ...options.parameters,
      artifact: nameArtifact(artifact, testimony),
      ...(producer && {
        stage: testimony.labelOf(producer.call),
        arguments: parametersOf(producer.call, testimony),
      }),
    },
    internalParameters: {
      keyVersion,
      stages: ingredients.nodes.map((node) =>
        factsOf(node.call, parts.get(node) ?? [], testimony.runOf(node), testimony),
      ),
    },
    resolvedDependencies: await dependenciesOf(testimony, ingredients, parts, options),
  };
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: sortedBy(subject, (each) => each.name),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: { buildDefinition, runDetails: runDetailsOf(testimony, ingredients, options) },
  };
}

/** @throws {@link BuildError} `INVALID_OPTION`. */
function checkOptions({ builder, subject }: ProvenanceOptions): void {
  if (builder !== undefined && !/^[a-z][a-z0-9+.-]*:./i.test(builder)) {
    throw invalidOption(
      "builder",
      describe(builder),
      "a URI, such as `https://ci.example/runners`",
    );
  }
  if (subject !== undefined && !["files", "tree"].includes(subject)) {
    throw invalidOption("subject", describe(subject), "`files` or `tree`");
  }
}

/** What nothing in this build has made: each once. */
async function dependenciesOf(
  { content, cwd, sourceValue }: Testimony,
  { sources, texts }: Ingredients,
  parts: ReadonlyMap<PlanNode, readonly KeyPart[]>,
  { dependencies = [] }: ProvenanceOptions,
): Promise<readonly ResourceDescriptor[]> {
  const found: ResourceDescriptor[] = [...dependencies];
  for (const origin of sources) {
    const value = sourceValue(origin);
    if (value !== undefined) found.push(await describeSource(content, origin, value, cwd));
  }
  for (const [{ text }, name] of texts) {
    const shown = name === "text" ? name : `text ${name}`;
    found.push(describeBlob(shown, digestBytes(Buffer.from(text))));
  }
  for (const { type, name, value } of [...parts.values()].flat()) {
    if (type === "tool") found.push(describeTool(name, value));
    if (type === "platform" && name === "container-image") found.push(describeImage(value));
  }
  const byText = new Map(
    found.map((each) => [`${each.name ?? each.uri ?? ""}\n${canonicalJson(each)}`, each]),
  );
  return sortedBy([...byText], ([text]) => text).map(([, each]) => each);
}

function runDetailsOf(
  testimony: Testimony,
  { nodes }: Ingredients,
  { builder = unnamedBuilder, invocation }: ProvenanceOptions,
): ProvenancePredicate["runDetails"] {
  const runs = nodes.flatMap((node) => {
    const { result } = testimony.runOf(node);
    return result === undefined || node.call.expand !== undefined ? [] : [{ node, result }];
  });
  const byproducts = runs.flatMap(({ node, result }) => {
    const label = testimony.labelOf(node.call);
    const logs = { stdout: result.stdout, stderr: result.stderr };
    return Object.entries(logs).flatMap(([stream, digest]) =>
      digest === emptyDigest ? [] : describeBlob(`${stream} of ${label}`, digest, "text/plain"),
    );
  });
  const starts = runs.map(({ result }) => result.startedAt);
  const ends = runs.map(({ result }) => result.finishedAt);
  return {
    builder: { id: builder, version: { keys: keyVersion } },
    metadata: {
      ...(invocation !== undefined && { invocationId: invocation }),
      ...(runs.length > 0 && {
        startedOn: timeText(starts.reduce((a, b) => Math.min(a, b))),
        finishedOn: timeText(ends.reduce((a, b) => Math.max(a, b))),
      }),
    },
    byproducts,
  };
}
