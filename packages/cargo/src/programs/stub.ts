/**
 * Stubs: the sources that stand in for local ones while dependencies are built.
 *
 * They hold nothing, compile without a warning in every edition, and also where there
 * is no operating system, and so no standard library and no `main`.
 *
 * @module
 */

const BARE = `any(target_os = "none", target_os = "cuda")`;

/** Consumers may deny what they like: a stub has nothing worth a warning. */
const SILENCE = "#![allow(warnings, clippy::all, dead_code, missing_docs)]";

const PANIC = `#[cfg(${BARE})]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
`;

/** A program: a binary, an example, a test, a benchmark, a build script. */
export const PROGRAM_STUB: string = `#![cfg_attr(${BARE}, no_std, no_main)]
${SILENCE}
${PANIC}
fn main() {}
`;

/** A library that only Rust code links to, and a procedural macro. */
export const LIBRARY_STUB: string = `#![cfg_attr(${BARE}, no_std)]
${SILENCE}
`;

/** A library that is linked on its own, and so must say what a panic does. */
export const LINKED_LIBRARY_STUB: string = `${LIBRARY_STUB}${PANIC}`;

/** The build script of every stubbed package, whether the real one has any or not. */
export const STUB_BUILD_SCRIPT = "__dummy_build__.rs";

/** The stub for a target of these crate types. */
export function stubOf(isLibrary: boolean, crateTypes: readonly string[]): string {
  if (!isLibrary) return PROGRAM_STUB;
  const isLinked = crateTypes.some((type) => ["cdylib", "dylib", "staticlib"].includes(type));
  return isLinked ? LINKED_LIBRARY_STUB : LIBRARY_STUB;
}
