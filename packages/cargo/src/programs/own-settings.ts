/**
 * What we want of every cargo, said by arguments. Variables would reach further: tests and build scripts see them, and so
 * does a cargo that those run in a folder of their own, where `../target` is somewhere else.
 *
 * @module
 */
import type { Environment } from "./process.ts";

/**
 * Settings that have cargo leave everything in a target directory, without what is only good for the next run there and without
 * colors, whatever the project says of that.
 *
 * @param target - As it is spelled here it ends up in units, so it must be spelled alike everywhere.
 */
export function ownSettings(target: string): readonly string[] {
  const place = JSON.stringify(target);
  return [
    `build.target-dir=${place}`,
    `build.build-dir=${place}`,
    "build.incremental=false",
    "term.color='never'",
  ];
}

/**
 * The same as variables, for a command that is not cargo's own: it has its own ideas of arguments, and runs cargo where it is
 * started, if it runs it.
 */
export function ownVariables(target: string): Environment {
  return {
    CARGO_TARGET_DIR: target,
    CARGO_BUILD_BUILD_DIR: target,
    CARGO_INCREMENTAL: "0",
    CARGO_TERM_COLOR: "never",
  };
}

/** Settings, or files with settings, as arguments: what comes later counts more, and all of it more than what a project has. */
export function asArguments(all: readonly string[]): readonly string[] {
  return all.flatMap((setting) => ["--config", setting]);
}
