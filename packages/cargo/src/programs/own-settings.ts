/**
 * What we want of every cargo, said by arguments. Variables would reach further: tests and build scripts see them, and so
 * does a cargo that those run in a folder of their own, where `../target` is somewhere else.
 *
 * @module
 */

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

/** Settings, or files with settings, as arguments: what comes later counts more, and all of it more than what a project has. */
export function asArguments(all: readonly string[]): readonly string[] {
  return all.flatMap((setting) => ["--config", setting]);
}
