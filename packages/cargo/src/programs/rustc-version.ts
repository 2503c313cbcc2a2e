/**
 * Which compiler this is.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import { runLines } from "./process.ts";

/** What `rustc -vV` says. */
export interface RustcVersion {
  /** All of it: equal compilers say equal things. */
  readonly full: string;
  /** Major version of LLVM; undefined for a compiler with another backend. */
  readonly llvmMajor: number | undefined;
}

/** Asks the compiler on `PATH`, which takes as long as asking cargo for the workspace: both can be under way at once. */
export function rustcVersion(): Promise<RustcVersion> {
  const asked = askRustc();
  // Who waits for it hears of a failure, and nobody may wait where something else has failed before.
  asked.catch(() => {});
  return asked;
}

async function askRustc(): Promise<RustcVersion> {
  const lines: string[] = [];
  const exitCode = await runLines("rustc", ["-vV"], { onLine: (line) => lines.push(line) });
  if (exitCode !== 0) throw new Failure(`\`rustc -vV\` ended with exit code ${exitCode}`);
  return parseRustcVersion(lines.join("\n"));
}

/** Reads what `rustc -vV` printed. */
export function parseRustcVersion(text: string): RustcVersion {
  const llvm = /^LLVM version: (\d+)/m.exec(text)?.[1];
  return { full: text.trim(), llvmMajor: llvm === undefined ? undefined : Number(llvm) };
}
