/**
 * Statements: where an artifact comes from, in the words of others.
 *
 * The form is that of in-toto statements with SLSA provenance, version 1, so that tools that check such can read them. What the parts mean for
 * a build of ours stands in `docs/provenance.md`, which is what `buildType` leads to.
 *
 * @module
 */
import type { Json } from "../base/canonical-json.ts";

/** Something that went in or came out. One of `uri`, `digest` and `content` is there. */
export interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  /** By algorithm; in lower-case hexadecimal. */
  readonly digest?: Readonly<Record<string, string>>;
  /** Base64. */
  readonly content?: string;
  readonly downloadLocation?: string;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, Json>>;
}

/** What was made, and its digests. */
export type Subject = ResourceDescriptor & {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
};

/** SLSA provenance, version 1. */
export interface ProvenancePredicate {
  readonly buildDefinition: {
    readonly buildType: string;
    readonly externalParameters: Readonly<Record<string, Json>>;
    readonly internalParameters: Readonly<Record<string, Json>>;
    readonly resolvedDependencies: readonly ResourceDescriptor[];
  };
  readonly runDetails: {
    readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> };
    readonly metadata: {
      readonly invocationId?: string;
      /** RFC 3339, in UTC. Absent when nothing had to be run to make it. */
      readonly startedOn?: string;
      readonly finishedOn?: string;
    };
    readonly byproducts: readonly ResourceDescriptor[];
  };
}

/** An in-toto statement, version 1, about the provenance of an artifact. */
export interface ProvenanceStatement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly Subject[];
  readonly predicateType: "https://slsa.dev/provenance/v1";
  readonly predicate: ProvenancePredicate;
}

/** What a statement is to say besides what the graph knows. */
export interface ProvenanceOptions {
  /**
   * Who builds: the URI that those who check know the machine by, and all who can change what it does.
   *
   * @defaultValue one that says that nobody is named
   */
  readonly builder?: string;
  /** What this one build is known by, say in logs of CI. @defaultValue none */
  readonly invocation?: string;
  /** What else the build was told from outside, besides the script: added to `externalParameters`. @defaultValue none */
  readonly parameters?: Readonly<Record<string, Json>>;
  /** What else it was made from, such as the revision of the project: added to `resolvedDependencies`. @defaultValue none */
  readonly dependencies?: readonly ResourceDescriptor[];
  /**
   * What stands for a tree: each of its files by its path, or the tree as a whole.
   *
   * @defaultValue `files`
   */
  readonly subject?: "files" | "tree";
}

/** Where is written what our statements mean. A new version when a reader of the old would get it wrong. */
export const buildType = "https://github.com/ashlar/ashlar/blob/main/docs/provenance.md#v1";

/** Of builds whose builder has no name, so that nobody can take it for one that is trusted. */
export const unnamedBuilder =
  "https://github.com/ashlar/ashlar/blob/main/docs/provenance.md#unnamed-builder";
