/**
 * The wording of errors of sources: what lies on the disk, and how it is read.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A file or link has a name that no tree can hold. */
export function fileNameNotUtf8(path: string, name: Uint8Array): BuildError {
  const shown = Array.from(name, (byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
  return new BuildError({
    code: "FILE_NAME_NOT_UTF8",
    message: `a name in \`${path}\` is not UTF-8`,
    facts: { name: shown },
    hint: "rename the file, or leave it out with `exclude`",
  });
}

/** A source changed while it was being read. */
export function sourceChanged(path: string, why: string): BuildError {
  return new BuildError({
    code: "SOURCE_CHANGED",
    message: `\`${path}\` changed while it was being read: ${why}`,
    hint: "build again when nothing writes to it, or leave it out with `exclude`",
  });
}

/** The directory of a source is not there. */
export function sourceMissing(directory: string): BuildError {
  return new BuildError({
    code: "SOURCE_MISSING",
    message: `source \`${directory}\` does not exist`,
    facts: { path: directory },
    hint: "relative sources start at the build's `cwd`; pass a `file:` URL to start at a script",
  });
}

/** A source is something other than a directory. */
export function sourceNotDirectory(path: string): BuildError {
  return new BuildError({
    code: "SOURCE_NOT_DIRECTORY",
    message: `source \`${path}\` is not a directory`,
    facts: { path },
    hint: "use `source.file` for a single file",
  });
}

/** Part of a source cannot be read. */
export function sourceUnreadable(path: string, cause: unknown): BuildError {
  return new BuildError({
    code: "SOURCE_UNREADABLE",
    message: `\`${path}\` cannot be read`,
    facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    hint: "allow reading it, or leave it out with `exclude`",
    cause,
  });
}

/** A directory holds something that is neither file, directory nor link. */
export function specialFile(path: string, kind: string): BuildError {
  return new BuildError({
    code: "SPECIAL_FILE",
    message: `\`${path}\` is ${kind}, which cannot be in a tree`,
    hint: "leave it out with `exclude`",
  });
}

/** A symbolic link leads out of its tree. */
export function symlinkLeaves(path: string, target: string, why: string): BuildError {
  return new BuildError({
    code: "SYMLINK_LEAVES",
    message: `the link \`${path}\` leads to \`${target}\`: ${why}`,
    facts: { link: path, target },
    hint: "replace it by a relative link inside the tree, or leave it out with `exclude`",
  });
}
