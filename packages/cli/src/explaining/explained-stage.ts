/**
 * Explained stages: all that decides whether the result of a stage call is found, and what is known of the result.
 *
 * @module
 */
import {
  walkTree,
  type BuildPlan,
  type ContentStore,
  type Digest,
  type KeyContents,
  type StageForecast,
  type Store,
} from "@ashlar/core";

/** What `ashlar cache explain --json` says of a stage call. */
export interface ExplainedStage extends KeyContents {
  readonly status: StageForecast["status"];
  /** Why, in one clause; empty for a hit. */
  readonly reason: string;
  /** The result that is kept under the key. Absent when there is none. */
  readonly result?: KeptResult;
  /** Of each input that comes from sources, by its path: the digests of its files, by their paths. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A result, and where it is from. */
export interface KeptResult {
  /** Who ran it: `<runner>/<hermeticity>`. */
  readonly ranBy: string;
  /** In milliseconds since 1970. */
  readonly ranAt: number;
  readonly durationMs: number;
}

/** Files of sources that are listed for one stage. What comes after them is compared as a whole. */
const maxFiles = 20_000;

/** Explains a stage call of a plan. */
export async function explainStage(
  coming: BuildPlan,
  { stage, status, reason }: StageForecast,
  store: Store,
): Promise<ExplainedStage | undefined> {
  const contents = await coming.keyOf(stage);
  if (contents === undefined) return undefined;
  const files: Record<string, Readonly<Record<string, string>>> = {};
  let left = maxFiles;
  for (const { path, from, kind, digest } of contents.inputs) {
    if (from.type !== "source" || kind !== "tree" || digest === undefined) continue;
    const listed = await filesOf(store.content, digest, left);
    if (listed === undefined) continue;
    files[path] = listed;
    left -= Object.keys(listed).length;
  }
  const kept = contents.key && (await store.actions.get(contents.key).catch(() => undefined));
  return {
    ...contents,
    ...{ status, reason, files },
    ...(kept && {
      result: {
        ...{ ranBy: kept.worker, ranAt: kept.startedAt },
        durationMs: kept.finishedAt - kept.startedAt,
      },
    }),
  };
}

/** The files of a tree; `undefined` when there are too many. */
async function filesOf(
  content: ContentStore,
  tree: Digest,
  most: number,
): Promise<Readonly<Record<string, string>> | undefined> {
  const files: Record<string, string> = {};
  let count = 0;
  for await (const { path, entry } of walkTree(content, tree)) {
    if (entry.type === "directory") continue;
    if (++count > most) return undefined;
    files[path] = entry.type === "symlink" ? `→ ${entry.target}` : shownFile(entry);
  }
  return files;
}

function shownFile({ digest, isExecutable }: { digest: Digest; isExecutable: boolean }): string {
  return isExecutable ? `${digest} executable` : digest;
}
