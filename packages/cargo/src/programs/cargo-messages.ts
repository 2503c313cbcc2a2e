/**
 * Cargo's messages: one JSON object a line, amid whatever else prints to that pipe.
 *
 * @module
 */
import { asString, asTable, isStrings, type Table } from "./table.ts";

/** A unit that cargo has compiled, or has found fresh. */
export interface Artifact {
  readonly packageId: string;
  /** Path of its package's manifest. */
  readonly manifest: string;
  readonly target: string;
  readonly kind: readonly string[];
  /** Whether it was compiled as a test. */
  readonly isTest: boolean;
  /** Whether cargo took it from the target directory as it was. */
  readonly isFresh: boolean;
  readonly files: readonly string[];
  readonly executable: string | undefined;
}

/** What a line of cargo's standard output is. */
export type Message =
  | { readonly kind: "artifact"; readonly artifact: Artifact }
  /** A build script has run, now or earlier. */
  | { readonly kind: "build-script"; readonly outDir: string }
  /** A message that programs here have no use for. */
  | { readonly kind: "other" }
  /** No message: tests and macros print what they like. */
  | { readonly kind: "text" };

/** Tells what a line is. */
export function parseMessage(line: string): Message {
  if (!line.startsWith("{")) return { kind: "text" };
  const fields = parseObject(line);
  switch (fields?.["reason"]) {
    case "compiler-artifact": {
      const artifact = parseArtifact(fields);
      return artifact === undefined ? { kind: "text" } : { kind: "artifact", artifact };
    }
    case "build-script-executed":
      return { kind: "build-script", outDir: asString(fields["out_dir"]) ?? "" };
    case "compiler-message":
    case "build-finished":
      return { kind: "other" };
    default:
      return { kind: "text" };
  }
}

/** Whether a package's sources lie in a folder of its own, in no registry. */
export function isLocalPackage(packageId: string): boolean {
  return packageId.startsWith("path+file:");
}

/** Whether it is no code: pages of documentation are written of dependencies, too, when that is asked for. */
export function isPages({ files }: Pick<Artifact, "files">): boolean {
  return files.length > 0 && files.every((path) => path.endsWith(".html"));
}

/** Name and version in a package id: `<kind>+<url>#[<name>@]<version>`. */
export function packageTitle(packageId: string): string {
  const [url = "", fragment = ""] = packageId.split("#");
  if (fragment.includes("@")) return fragment.replace("@", " ");
  const name = url.split("/").at(-1) ?? url;
  return `${name} ${fragment}`;
}

function parseArtifact(fields: Table): Artifact | undefined {
  const packageId = asString(fields["package_id"]);
  const target = asTable(fields["target"]);
  const name = asString(target?.["name"]);
  if (packageId === undefined || name === undefined) return undefined;
  return {
    packageId,
    manifest: asString(fields["manifest_path"]) ?? "",
    target: name,
    kind: strings(target?.["kind"]),
    isTest: asTable(fields["profile"])?.["test"] === true,
    isFresh: fields["fresh"] === true,
    files: strings(fields["filenames"]),
    executable: asString(fields["executable"]),
  };
}

function parseObject(line: string): Table | undefined {
  try {
    return asTable(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function strings(value: unknown): readonly string[] {
  return isStrings(value) ? value : [];
}
