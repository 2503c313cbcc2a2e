/**
 * TypeScript, as far as Node runs it: files whose types can be taken away.
 *
 * @module
 */
import * as nodeModule from "node:module";

interface Stripping {
  readonly stripTypeScriptTypes?: (text: string) => string;
}

const { stripTypeScriptTypes } = nodeModule as Stripping;

/** Whether this Node runs files of TypeScript without being told to: since 22.18, and 23.6. */
export const canRunTypes: boolean = stripTypeScriptTypes !== undefined && isRecent(process.version);

/** The text without its types, the rest where it was. */
export function stripTypes(text: string): string {
  if (stripTypeScriptTypes === undefined) throw new Error("this Node knows no TypeScript");
  return stripTypeScriptTypes(text);
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}
