/**
 * `ashlar provenance TARGET`.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";

import { digestBytes, isArtifact, signProvenance, tryBuild } from "@ashlar/core";

import { tellOf } from "../building.ts";
import type { Run } from "../command.ts";
import { commandLine, reportUnwritable, targetUnfit } from "../errors.ts";
import type { Options } from "../options.ts";
import { openSession } from "../session.ts";
import type { Surroundings } from "../surroundings.ts";
import { chooseTargets } from "../targets/targets.ts";

/** Builds a target, and says where it comes from: a statement, or one that is signed. */
export const run: Run = async ([name = ""], options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, [name]);
  const [only] = chosen;
  if (only === undefined || chosen.length > 1 || !isArtifact(only.handle)) {
    throw targetUnfit(name, "one file or tree", "only what a stage writes comes from somewhere");
  }
  const { handle } = only;
  // Before anything is built: a key that is missing is no reason to wait for.
  const key = keyIn(options, surroundings);
  const { value: report, code } = await tellOf(
    session,
    [handle],
    reportingOf(options, surroundings),
    surroundings,
    async (ready) => {
      const made = await tryBuild(handle, ready);
      return { value: made, report: made };
    },
  );
  if (!report.ok) return code;
  const buildFile = relative(session.cwd, session.file.path);
  const script = digestBytes(readFileSync(session.file.path));
  const statement = await report.provenance(handle, {
    parameters: { target: only.name, buildFile },
    dependencies: [
      { name: `build file ${buildFile}`, digest: { sha256: script.slice(0, 64) } },
      ...(options.revision === undefined ? [] : [revisionOf(options.revision)]),
    ],
    ...(options.builder !== undefined && { builder: options.builder }),
    ...(options.invocation !== undefined && { invocation: options.invocation }),
  });
  const said = key === undefined ? statement : signProvenance(statement, key);
  const text = `${JSON.stringify(said, undefined, 2)}\n`;
  if (options.output === undefined) surroundings.out.write(text);
  else writeTo(resolve(surroundings.cwd, options.output), text);
  return code;
};

/** GitHub's commands would stand in the middle of a statement that is printed. */
function reportingOf(options: Options, { env }: Surroundings): Options {
  if (options.output !== undefined || env["GITHUB_ACTIONS"] !== "true") return options;
  return { ...options, reporter: options.reporter ?? "plain" };
}

/** @throws {@link BuildError} `COMMAND_LINE`. */
function keyIn(
  { sign, keyId }: Options,
  { cwd, env }: Surroundings,
): { readonly key: string; readonly keyId: string } | undefined {
  if (sign === undefined) return undefined;
  if (keyId === undefined) {
    const hint = "say by which name readers know the key: `--key-id release-2026`";
    throw commandLine("`--sign` needs the id of the key", hint);
  }
  // A variable is how CI hands out secrets; a file is for everybody else.
  const path = resolve(cwd, sign);
  const key = existsSync(path) ? readFileSync(path, "utf8") : env[sign];
  if (key !== undefined && key !== "") return { key, keyId };
  const hint = "an Ed25519 private key, as PEM: a file, or a variable of the environment";
  throw commandLine(`there is no file and no variable \`${sign}\` with a key to sign with`, hint);
}

/** `git+https://example.org/app@0123…`: what stands behind the last `@` is a commit. */
function revisionOf(text: string): {
  readonly uri: string;
  readonly digest?: Readonly<Record<string, string>>;
} {
  const [, commit] = /@([0-9a-f]{40}|[0-9a-f]{64})$/.exec(text) ?? [];
  if (URL.canParse(text)) {
    return { uri: text, ...(commit !== undefined && { digest: { gitCommit: commit } }) };
  }
  const hint = "for instance `--revision git+https://example.org/app@COMMIT`";
  throw commandLine(`\`--revision ${text}\` is no URI`, hint);
}

function writeTo(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw reportUnwritable(path, error);
  }
}
