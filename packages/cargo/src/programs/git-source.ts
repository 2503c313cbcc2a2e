/**
 * Git sources, as lock files name them: `git+<url>?branch=<name>#<commit>`.
 *
 * @module
 */
import { Failure } from "./failure.ts";

/** Where a git dependency comes from. */
export interface GitSource {
  /** As in the manifest. */
  readonly url: string;
  /** What the manifest asks for; nothing means the default branch. */
  readonly reference:
    | { readonly kind: "branch" | "tag" | "rev"; readonly name: string }
    | undefined;
  readonly commit: string;
}

/**
 * Reads a `source` of a lock file. Names of branches are percent-encoded there, since format 4.
 *
 * @throws {@link Failure} when it is no git source with a commit.
 */
export function parseGitSource(source: string): GitSource {
  const match = /^git\+([^?#]+)(?:\?(branch|tag|rev)=([^#]*))?#([0-9a-f]{7,64})$/.exec(source);
  const [, url, kind, name, commit] = match ?? [];
  if (url === undefined || commit === undefined) {
    throw new Failure(`\`${source}\` in Cargo.lock is no git source that is known`, {
      hint: "let a current cargo write the lock file again",
    });
  }
  const reference =
    kind === undefined || name === undefined
      ? undefined
      : { kind: kind as "branch" | "tag" | "rev", name: decode(name) };
  return { url, reference, commit };
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", "%20"));
  } catch {
    return name;
  }
}
