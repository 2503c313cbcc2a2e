/**
 * LLVM's coverage tools, which must be of the compiler's own LLVM.
 *
 * @module
 */
import { Failure } from "./failure.ts";
import { outputOf } from "./process.ts";

/** The coverage tools by what they do: names on `PATH`, or paths. */
export interface LlvmTools {
  /** `llvm-cov`: reports. */
  readonly cov: string;
  /** `llvm-profdata`: merges. */
  readonly profdata: string;
}

/**
 * Makes sure that the tools can read what the compiler writes.
 *
 * The profile format changes with LLVM's major version, and the tools' own complaint
 * ("unsupported instrumentation profile format version") says nothing of a way out.
 *
 * @param wanted - major version of the compiler's LLVM.
 */
export function checkLlvmTools({ cov, profdata }: LlvmTools, wanted: number | undefined): void {
  if (wanted === undefined) {
    throw new Failure("`rustc -vV` names no LLVM: this compiler cannot measure coverage");
  }
  for (const tool of [cov, profdata]) {
    const major = llvmMajor(versionOf(tool, wanted));
    if (major !== wanted) {
      const found = major === undefined ? "an unknown version" : `version ${major}`;
      throw new Failure(`\`${tool}\` is of LLVM ${found}, but rustc is of LLVM ${wanted}`, {
        hint: installHint(wanted),
      });
    }
  }
}

/** Major version in what an LLVM tool says to `--version`. */
export function llvmMajor(text: string): number | undefined {
  const major = /LLVM version (\d+)/.exec(text)?.[1];
  return major === undefined ? undefined : Number(major);
}

function versionOf(tool: string, wanted: number): string {
  try {
    return outputOf(tool, ["--version"]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.message, { hint: installHint(wanted) });
  }
}

function installHint(major: number): string {
  return (
    `install \`rustup component add llvm-tools\`, or Debian's \`llvm-${major}\`, and name its ` +
    `\`llvm-cov-${major}\` and \`llvm-profdata-${major}\``
  );
}
