/**
 * Package targets: what the `exports`, `imports` and `main` of a manifest lead to, as Node reads them.
 *
 * @module
 */

/** What of a `package.json` decides about modules. */
export interface Manifest {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
  readonly imports?: unknown;
  readonly dependencies?: unknown;
  readonly optionalDependencies?: unknown;
  readonly peerDependencies?: unknown;
}

/** How a package is asked for. Decides between conditional targets. */
export type Way = "import" | "require";

/**
 * Where a subpath of a package leads: `.` or `./sub`, and for what it imports by itself `#name`.
 *
 * @returns A path that starts with `./`; the name of another package, only for `#name`; `undefined`
 *   when there is no target.
 */
export function targetOf(manifest: Manifest, subpath: string, way: Way): string | undefined {
  if (subpath.startsWith("#")) return matched(entriesOf(manifest.imports), subpath, way);
  const { exports } = manifest;
  if (exports === undefined || exports === null) return undefined;
  const isSugar = typeof exports !== "object" || Array.isArray(exports) || !hasSubpaths(exports);
  if (isSugar) return subpath === "." ? resolved(exports, way, "") : undefined;
  return matched(entriesOf(exports), subpath, way);
}

function hasSubpaths(exports: object): boolean {
  return Object.keys(exports).some((key) => key.startsWith("."));
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The entry of that name, else the longest pattern that fits. */
function matched(
  entries: Readonly<Record<string, unknown>>,
  name: string,
  way: Way,
): string | undefined {
  if (Object.hasOwn(entries, name) && !name.includes("*")) return resolved(entries[name], way, "");
  const patterns = Object.keys(entries)
    .filter((key) => key.includes("*"))
    .map((key) => ({ key, head: key.split("*")[0] ?? "", tail: key.split("*")[1] ?? "" }))
    .filter(({ key, head, tail }) => {
      return name.startsWith(head) && name.endsWith(tail) && name.length >= key.length;
    })
    .toSorted((a, b) => b.head.length - a.head.length);
  const [best] = patterns;
  if (best === undefined) return undefined;
  const { key, head, tail } = best;
  return resolved(entries[key], way, name.slice(head.length, name.length - tail.length));
}

/** A target is a path, a choice by conditions, or a list of which the first that fits is taken. */
function resolved(target: unknown, way: Way, star: string): string | undefined {
  if (typeof target === "string") return target.replaceAll("*", star);
  if (Array.isArray(target)) {
    for (const each of target as unknown[]) {
      const found = resolved(each, way, star);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  for (const [condition, each] of Object.entries(entriesOf(target))) {
    if (!["node", "node-addons", "module-sync", "default", way].includes(condition)) continue;
    const found = resolved(each, way, star);
    if (found !== undefined) return found;
  }
  return undefined;
}
