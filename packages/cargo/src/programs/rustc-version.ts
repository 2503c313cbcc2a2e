/**
 * Which compiler this is.
 *
 * @module
 */
import { outputOf } from "./process.ts";

/** What `rustc -vV` says. */
export interface RustcVersion {
  /** All of it: equal compilers say equal things. */
  readonly full: string;
  /** Major version of LLVM; undefined for a compiler with another backend. */
  readonly llvmMajor: number | undefined;
}

/** Asks the compiler on `PATH`. */
export function rustcVersion(): RustcVersion {
  return parseRustcVersion(outputOf("rustc", ["-vV"]));
}

/** Reads what `rustc -vV` printed. */
export function parseRustcVersion(text: string): RustcVersion {
  const llvm = /^LLVM version: (\d+)/m.exec(text)?.[1];
  return { full: text.trim(), llvmMajor: llvm === undefined ? undefined : Number(llvm) };
}
