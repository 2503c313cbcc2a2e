/**
 * Every error as a person reads it. A diff here is a review of prose: one clause that is true alone,
 * facts in reading order, a way out.
 *
 * @module
 */
import { renderError, type BuildError } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import * as commandLineErrors from "../packages/cli/src/errors.ts";
import * as attestErrors from "../packages/core/src/errors/attest-errors.ts";
import * as general from "../packages/core/src/errors/catalogue.ts";
import * as clockErrors from "../packages/core/src/errors/clock-errors.ts";
import { errorCodes } from "../packages/core/src/errors/codes.ts";
import * as commandErrors from "../packages/core/src/errors/command-errors.ts";
import * as dynamicErrors from "../packages/core/src/errors/dynamic-errors.ts";
import * as fetchErrors from "../packages/core/src/errors/fetch-errors.ts";
import * as fnErrors from "../packages/core/src/errors/fn-errors.ts";
import * as mergeErrors from "../packages/core/src/errors/merge-errors.ts";
import * as outputErrors from "../packages/core/src/errors/output-errors.ts";
import * as pathErrors from "../packages/core/src/errors/path-errors.ts";
import * as runErrors from "../packages/core/src/errors/run-errors.ts";
import * as runnerErrors from "../packages/core/src/errors/runner-errors.ts";
import * as sandboxErrors from "../packages/core/src/errors/sandbox-errors.ts";
import * as sourceErrors from "../packages/core/src/errors/source-errors.ts";
import * as storeErrors from "../packages/core/src/errors/store-errors.ts";
import * as toolErrors from "../packages/core/src/errors/tool-errors.ts";
import * as unkeyedErrors from "../packages/core/src/errors/unkeyed-errors.ts";
import * as containerErrors from "../packages/runners/container/src/errors.ts";
import * as mockErrors from "../packages/runners/mock/src/errors.ts";
import * as remoteErrors from "../packages/runners/remote/src/errors.ts";
import * as executionErrors from "../packages/runners/remote/src/execution/errors.ts";
import * as reapiErrors from "../packages/runners/remote/src/reapi/errors.ts";

/** The shelves of the catalogue: a file for each. */
const catalogue = {
  ...general,
  ...pathErrors,
  ...outputErrors,
  ...sourceErrors,
  ...attestErrors,
  ...clockErrors,
  ...commandErrors,
  ...commandLineErrors,
  ...containerErrors,
  ...dynamicErrors,
  ...fetchErrors,
  ...fnErrors,
  ...mergeErrors,
  ...mockErrors,
  ...remoteErrors,
  ...reapiErrors,
  ...executionErrors,
  ...runErrors,
  ...runnerErrors,
  ...sandboxErrors,
  ...storeErrors,
  ...unkeyedErrors,
  ...toolErrors,
};

/** What a crate is, for example. */
const fetchedThing = {
  title: "crate `leaf 1.0.0` of crates.io",
  ifMissing: "`cargo update -p leaf` takes another version",
};

const declaredAt = "/work/build.ts:12:14";
const cluster = "grpcs://cluster.example:443";
const saying = (
  status: executionErrors.SeenStatus["status"],
  message: string,
): executionErrors.SeenStatus => ({ status, message });
const cause = Object.assign(new Error("ENOSPC: no space left on device, write"), {
  code: "ENOSPC",
});
const digest = `${"ab".repeat(32)}/1024`;

/** An error of each function of the catalogue, and those variants whose hints differ. */
const errors: Readonly<Record<string, readonly BuildError[]>> = {
  addressUnfit: (["form", "password", "port", "query", "scheme"] as const).map((fault) =>
    catalogue.addressUnfit("cache.example", fault),
  ),
  apiVersionUnfit: [
    catalogue.apiVersionUnfit("grpcs://cache.example:443", "3.0", "3.1"),
    catalogue.apiVersionUnfit("grpcs://cache.example:443", "1.0", "1.0"),
  ],
  callUnfit: [
    catalogue.callUnfit("grpcs://cache.example:443", "write blobs", "INVALID_ARGUMENT: no", cause),
  ],
  digestFunctionUnfit: [
    catalogue.digestFunctionUnfit("grpcs://cache.example:443", ["BLAKE3", "SHA1"]),
    catalogue.digestFunctionUnfit("grpcs://cache.example:443", []),
  ],
  instanceUnknown: [
    catalogue.instanceUnknown("grpcs://cache.example:443/linux", "linux", "NOT_FOUND: unknown"),
    catalogue.instanceUnknown("grpcs://cache.example:443", "", "INVALID_ARGUMENT: no instance"),
  ],
  partMissing: (["cache", "execution"] as const).map((part) =>
    catalogue.partMissing("grpcs://cache.example:443", part),
  ),
  tlsFailed: (["authority", "name", "ours", "plain", "time"] as const).map((fault) =>
    catalogue.tlsFailed("grpcs://cache.example:443", fault, "self-signed certificate"),
  ),
  certificateUnreadable: [
    catalogue.certificateUnreadable("grpcs://cache.example:443", "ca", "ENOENT: no such file"),
  ],
  clockDeadlock: [
    catalogue.clockDeadlock(["`serve` runs, and waits for its end", "`probe` waits for `serve`"]),
    catalogue.clockDeadlock(Array.from({ length: 14 }, (_, n) => `\`${n}\` waits for \`serve\``)),
  ],
  credentialHelperFailed: [
    catalogue.credentialHelperFailed(
      "example-login",
      "grpcs://cache.example:443/main",
      "it ended with exit code 1",
      "your session has ended: run `example login`",
    ),
  ],
  remoteRefused: [
    catalogue.remoteRefused("/mnt/team/ashlar", "write", "EROFS: read-only file system", cause),
  ],
  remoteUnavailable: [
    catalogue.remoteUnavailable("grpcs://cache.example:443", "no connection: ECONNREFUSED"),
  ],
  remoteUnfit: [
    catalogue.remoteUnfit(
      "/mnt/team/ashlar",
      "ENOTDIR: not a directory, stat '/mnt/team/ashlar'",
      "name a folder that is there for this alone",
    ),
  ],
  executionFailed: [
    catalogue.executionFailed(cluster, "link", saying("INTERNAL", "worker died")),
    catalogue.executionFailed(cluster, "link", saying("DATA_LOSS", "")),
  ],
  endUnknown: [catalogue.endUnknown(cluster, "deploy", saying("UNAVAILABLE", "it went away"))],
  serviceTimedOut: [
    catalogue.serviceTimedOut(cluster, "link", saying("DEADLINE_EXCEEDED", "more than 600 s")),
  ],
  staysHere: [
    catalogue.staysHere("generate", "a cache", false),
    catalogue.staysHere("generate", "`gen`, a tool of its inputs, on its `PATH`", true),
  ],
  executorUnavailable: [
    catalogue.executorUnavailable(
      catalogue.remoteUnavailable(cluster, "no connection: ECONNREFUSED"),
    ),
  ],
  noWorker: [catalogue.noWorker(cluster, "link", "No workers exist for this platform")],
  inputsLost: [catalogue.inputsLost(cluster, "link", "blob not found")],
  outputsLost: [catalogue.outputsLost(cluster, "link", digest)],
  imageUnfit: [
    catalogue.imageUnfit("debian:12", "unpinned"),
    catalogue.imageUnfit("tree abababababab", "artifact"),
  ],
  provenanceUntrusted: [catalogue.provenanceUntrusted("its signature is wrong")],
  runnersUnable: [
    catalogue.runnersUnable([{ stage: "train", wants: "label `gpu`", declaredAt }]),
    catalogue.runnersUnable([
      { stage: "train", wants: "label `gpu`", declaredAt },
      { stage: "pack", wants: "image `debian:12`", declaredAt },
    ]),
  ],
  buildFileEmpty: [
    catalogue.buildFileEmpty("ashlar.build.ts", ["compile", "src"]),
    catalogue.buildFileEmpty("ashlar.build.ts", []),
  ],
  buildFileFailed: [
    catalogue.buildFileFailed({
      file: "ashlar.build.ts",
      thrown: "TypeError: undefined is no function",
      place: "ashlar.build.ts:2",
      frame: "> 2 │ export const app = nothing();",
      hint: undefined,
      cause,
    }),
  ],
  buildFileMissing: [
    catalogue.buildFileMissing({ name: "ashlar.build.ts", from: "/work", isNamed: false }),
    catalogue.buildFileMissing({ name: "ci/build.ts", from: "/work", isNamed: true }),
  ],
  buildFilePromise: [catalogue.buildFilePromise("ashlar.build.ts", "checks.unit")],
  buildFileSyntax: [
    catalogue.buildFileSyntax({
      place: "ashlar.build.ts:4:22",
      problem: "unexpected token",
      frame: "> 4 │ export const b = word..toUpperCase();\n    │                      ^",
    }),
  ],
  buildFileTypes: [
    catalogue.buildFileTypes({
      file: "ashlar.build.ts",
      problems: ["ashlar.build.ts:7:29: TS2322: Type 'string' is not assignable to type 'Tree'."],
    }),
  ],
  buildUnknown: [catalogue.buildUnknown("ashlar.build.ts")],
  commandLine: [
    catalogue.commandLine("`--slots many` is no whole number above 0", "try `--slots 4`"),
  ],
  coreTwice: [catalogue.coreTwice("ashlar.build.ts", "app")],
  errorCodeUnknown: [
    catalogue.errorCodeUnknown("STAGE_FALED", ["STAGE_FAILED", "STAGE_NAME"]),
    catalogue.errorCodeUnknown("E0308", ["STAGE_FAILED"]),
  ],
  pathTaken: [catalogue.pathTaken("ashlar.build.ts", "a new build file")],
  reportUnwritable: [catalogue.reportUnwritable("events.jsonl", cause)],
  stageNameTwice: [catalogue.stageNameTwice("test", [declaredAt, "/work/build.ts:30:8"])],
  stageUnknown: [catalogue.stageUnknown("complie", ["compile", "link"])],
  targetUnfit: [
    catalogue.targetUnfit("checks", "one file or tree", "one of its members is: checks.report"),
  ],
  targetUnknown: [
    catalogue.targetUnknown("checks.clipy", ["app", "checks", "checks.clippy", "checks.test"]),
    catalogue.targetUnknown("release", ["app"]),
  ],
  engineAbsent: [catalogue.engineAbsent("podman", "podman")],
  engineFailed: [
    catalogue.engineFailed("docker", "run", "invalid reference format"),
    catalogue.engineFailed("docker", "run", "no space left on device"),
  ],
  engineRefused: [catalogue.engineRefused("docker", "permission denied: /var/run/docker.sock")],
  engineStopped: [
    catalogue.engineStopped("docker", "Is the docker daemon running?"),
    catalogue.engineStopped("podman", "cannot connect to Podman"),
  ],
  imageArchitecture: [catalogue.imageArchitecture("app:1", "arm64", "amd64")],
  imageNeeded: [catalogue.imageNeeded("link")],
  imageLacks: [catalogue.imageLacks("app:1", "/bin/sh")],
  imageMoved: [
    catalogue.imageMoved({
      image: "debian:12",
      locked: "debian@sha256:11",
      found: "debian@sha256:22",
      lockFile: "/work/lock",
    }),
    catalogue.imageMoved({
      image: "debian:12",
      locked: "debian@sha256:11",
      found: undefined,
      lockFile: "/work/lock",
    }),
  ],
  imageUnknown: [catalogue.imageUnknown("debain:12", "docker", "pull access denied")],
  imageUnlocked: [catalogue.imageUnlocked("debian:12", "/work/lock")],
  lockUnreadable: [catalogue.lockUnreadable("/work/lock", "it is not of version 1")],
  networkRefused: [catalogue.networkRefused("install")],
  scratchFull: [catalogue.scratchFull("link", "/tmp", cause)],
  artifactNotBuilt: [catalogue.artifactNotBuilt("compile.app")],
  attemptWithout: [catalogue.attemptWithout("test.report.xml")],
  blobLost: [catalogue.blobLost(digest, "its bytes have changed")],
  buildCancelled: [
    catalogue.buildCancelled(new Error("Ctrl-C")),
    catalogue.buildCancelled("the server is going down"),
  ],
  commandNotFound: [
    catalogue.commandNotFound({ stage: "link", program: "ld", tools: undefined }),
    catalogue.commandNotFound({ stage: "link", program: "crago", tools: ["cargo", "rustc"] }),
    catalogue.commandNotFound({ stage: "link", program: "ld", tools: [] }),
    catalogue.commandNotFound({ stage: "link", program: "in/app", tools: ["cargo"] }),
  ],
  cwdMissing: [catalogue.cwdMissing("link", "ws/sub")],
  dynamicCycle: [catalogue.dynamicCycle("plan", ["plan", "compile", "plan"])],
  dynamicFailed: [
    catalogue.dynamicFailed("shards", new SyntaxError("Unexpected end of JSON input"), declaredAt),
    catalogue.dynamicFailed("shards", "no list", undefined),
  ],
  dynamicResult: [
    catalogue.dynamicResult("shards", "an array", "handle"),
    catalogue.dynamicResult("shards", "undefined", "file"),
  ],
  exportBlocked: [catalogue.exportBlocked("src", "the source `/work/src`")],
  exportFailed: [catalogue.exportFailed("dist/app", new Error("ENOSPC: no space left on device"))],
  fetchFailed: [
    catalogue.fetchFailed([{ url: "https://a.org/x", reason: "HTTP 404 Not Found", times: 1 }]),
    catalogue.fetchFailed([
      { url: "https://a.org/x", reason: "HTTP 503", times: 4 },
      { url: "https://b.org/x", reason: "the connection broke", times: 1 },
    ]),
    ...["HTTP 404 Not Found", "HTTP 503"].map((reason) =>
      catalogue.fetchFailed([{ url: "https://a.org/x", reason, times: 1 }], fetchedThing),
    ),
  ],
  fetchUnpinned: [catalogue.fetchUnpinned("https://a.org/x", "ab".repeat(32), 12)],
  fetchesUnpinned: [
    catalogue.fetchesUnpinned([
      catalogue.fetchUnpinned("https://a.org/x", "ab".repeat(32), 12),
      catalogue.fetchUnpinned("https://a.org/y", "cd".repeat(32), 13),
    ]),
  ],
  fetchWrongDigest: [
    catalogue.fetchWrongDigest("https://a.org/x", "ab".repeat(32), "cd".repeat(32)),
    catalogue.fetchWrongDigest("https://a.org/x", "ab".repeat(32), "cd".repeat(32), fetchedThing),
  ],
  fileNameNotUtf8: [catalogue.fileNameNotUtf8("/work/src", Buffer.from([0x61, 0xff, 0x0a, 0x62]))],
  fnCapture: [
    ...["flags", "this", "require", "__vite_ssr_import_0__", "__vite_ssr_import_meta__"].map(
      (name) =>
        catalogue.fnCapture({
          stage: "minify",
          name,
          line: 2,
          text: `  use(${name});`,
          declaredAt,
        }),
    ),
  ],
  fnFunction: [catalogue.fnFunction("the function run", "it is a class")],
  fnModule: [
    catalogue.fnModule("/work/minify.ts", "it is TypeScript, and Node v20.19.0 runs none"),
  ],
  fnUnresolved: [
    catalogue.fnUnresolved("/work/minify.mjs", "./a.mjs", "there is no file `/work/a.mjs`"),
  ],
  fnImport: [catalogue.fnImport({ stage: "minify", specifier: "terser", declaredAt: undefined })],
  invalidGlob: [catalogue.invalidGlob("/etc/**", "it is absolute; globs start in the tree")],
  invalidOption: [catalogue.invalidOption("slots", "0", "a whole number, at least 1")],
  malformedDigest: [catalogue.malformedDigest("abc")],
  malformedEvent: [catalogue.malformedEvent("line 3", "it is not JSON")],
  malformedMessage: [catalogue.malformedMessage("a number is cut off")],
  malformedPath: [catalogue.malformedPath("../x", "it leaves the tree with `..`")],
  matrixCellUnknown: [
    catalogue.matrixCellUnknown("node=18", "node=20"),
    catalogue.matrixCellUnknown("os=plan9", undefined),
  ],
  mockStageUnscripted: [
    catalogue.mockStageUnscripted("compile", ["complie", "link"]),
    catalogue.mockStageUnscripted("compile", []),
  ],
  mockScriptAmbiguous: [
    catalogue.mockScriptAmbiguous("compile", ["the stage `compile`", "a function"]),
  ],
  mockScriptUnused: [
    catalogue.mockScriptUnused(["the name `lnik`"], "lnik", ["compile", "link", "link"]),
    catalogue.mockScriptUnused(["a function", "the stage `link`"], undefined, ["compile"]),
  ],
  replayMiss: [
    catalogue.replayMiss({
      ...{ stage: "compile", directory: "test/recording", recorded: ["compile"] },
      differs: ["argument 1: `-O2` is now `-O3`", "src/main.c differs"],
    }),
    catalogue.replayMiss({ stage: "lnik", directory: "rec", recorded: ["compile", "link"] }),
    catalogue.replayMiss({ stage: "pack", directory: "rec", recorded: [] }),
  ],
  replayToolMiss: [catalogue.replayToolMiss("gcc", "test/recording")],
  replayUnfit: [
    catalogue.replayUnfit(
      "test/recording",
      "its keys are of version `ashlar-0`, and today's `ashlar-1`",
    ),
  ],
  mockOutputUndeclared: [
    catalogue.mockOutputUndeclared("compile", "ap", ["app", "map"]),
    catalogue.mockOutputUndeclared("compile", "x", []),
  ],
  mergeConflict: [
    catalogue.mergeConflict("lib/a.h", "source src: a file of 12 bytes", "compile.lib: a link"),
  ],
  notAHandle: [
    catalogue.notAHandle(undefined, "a gate"),
    catalogue.notAHandle(Promise.resolve(), "a target"),
    catalogue.notAHandle({ app: 1, map: 2 }, "a target"),
    catalogue.notAHandle([1, 2], "a target"),
    catalogue.notAHandle("app", "member `app`"),
  ],
  notJson: [catalogue.notJson("$.a[0]", "undefined")],
  notInterpolable: [catalogue.notInterpolable(new Map()), catalogue.notInterpolable(true)],
  noCommand: [catalogue.noCommand()],
  outputAbsent: [catalogue.outputAbsent("link.map")],
  outputMissing: [
    catalogue.outputMissing({
      ...{ stage: "link", path: "app", produced: ["app.exe", "app.map"], declaredAt },
    }),
    catalogue.outputMissing({ stage: "link", path: "app", produced: [] }),
  ],
  outputPathTaken: [catalogue.outputPathTaken("link", "app", "src/app")],
  outputReserved: [catalogue.outputReserved("then")],
  outputTwice: [catalogue.outputTwice("app", "name"), catalogue.outputTwice("out/app", "path")],
  outputUnfit: [
    catalogue.outputUnfit("link", "dist", catalogue.specialFile("dist/pipe", "a named pipe")),
  ],
  outputWrongKind: [
    catalogue.outputWrongKind("link", "out/app", "a file", "a directory"),
    catalogue.outputWrongKind("link", "out/app", "a directory", "a file"),
    catalogue.outputWrongKind("link", "out/app", "a file", "a link that leads nowhere"),
  ],
  pathConflict: [catalogue.pathConflict("", "src", "deps"), catalogue.pathConflict("a", "x", "y")],
  platformUnsupported: [catalogue.platformUnsupported("local", "win32", "it needs a POSIX shell")],
  sandboxUnavailable: [
    catalogue.sandboxUnavailable("there is no program `bwrap`", "install bubblewrap"),
  ],
  resourceTooLarge: [
    catalogue.resourceTooLarge({
      ...{ stage: "train", resource: "memory", amount: 64, capacity: 32, declaredAt },
    }),
  ],
  resourceUnknown: [
    catalogue.resourceUnknown({
      ...{ stage: "test", resource: "data base", known: ["cpu", "memory"], declaredAt },
    }),
    catalogue.resourceUnknown({
      ...{ stage: "test", resource: "mem", known: ["cpu", "memory"], declaredAt },
    }),
  ],
  retryWithSideEffects: [catalogue.retryWithSideEffects(2)],
  runnerFailed: [
    catalogue.runnerFailed("the local runner", "link", cause),
    catalogue.runnerFailed("the local runner", "link", "no reason"),
  ],
  cacheConflict: [
    catalogue.cacheConflict("npm", ".npm", "output `modules`", ".npm/modules"),
    catalogue.cacheConflict("npm", "", "the whole input root", ""),
  ],
  runnerUnable: [catalogue.runnerUnable("publish", "remote", "the values of secrets")],
  secretAsText: [catalogue.secretAsText("NPM_TOKEN")],
  secretInOutput: [
    catalogue.secretInOutput({ stage: "publish", secret: "NPM_TOKEN", path: "out/.npmrc" }),
    catalogue.secretInOutput({ stage: "publish", secret: "NPM_TOKEN", path: undefined }),
  ],
  secretProgram: [catalogue.secretProgram()],
  secretUnfit: [catalogue.secretUnfit("publish", "NPM_TOKEN", "it holds a NUL")],
  secretUnset: [
    catalogue.secretUnset({
      ...{ stage: "publish", secret: "NPM_TOKEN", isVariable: true },
      why: "the environment variable is not set",
    }),
    catalogue.secretUnset({
      ...{ stage: "publish", secret: "NPM_TOKEN", isVariable: false },
      why: "`from` broke down: the vault is shut",
    }),
  ],
  sourceChanged: [catalogue.sourceChanged("src/a.c", "it went away")],
  sourceMissing: [catalogue.sourceMissing("/work/scr")],
  sourceNotDirectory: [catalogue.sourceNotDirectory("/work/a.c")],
  sourceUnreadable: [catalogue.sourceUnreadable("/work/a.c", cause)],
  specialFile: [catalogue.specialFile("/work/src/pipe", "a named pipe")],
  stageBody: [catalogue.stageBody("link", "a promise (await it first)", declaredAt)],
  stageFailed: [
    catalogue.stageFailed({
      ...{
        stage: "link",
        argv: ["ld", "-o", "out/a b", '{"x":"$y"}', 'a"\n'],
        exitCode: 1,
        signal: undefined,
      },
      ...{ declaredAt, log: ["undefined symbol: main", "giving up"], tools: undefined },
    }),
    catalogue.stageFailed({
      ...{ stage: "link", argv: ["ld", "x".repeat(600)], exitCode: undefined, signal: "SIGKILL" },
      ...{ declaredAt: undefined, log: [], tools: [] },
    }),
    catalogue.stageFailed({
      ...{ stage: "link", argv: ["bash", "-c", "ld"], exitCode: 127, signal: undefined },
      ...{ declaredAt, log: ["bash: ld: command not found"], tools: ["bash", "cc"] },
    }),
    catalogue.stageFailed({
      ...{ stage: "compile", argv: ["cc", "main.c"], exitCode: 1, signal: undefined },
      ...{ declaredAt, log: ["main.c:1:10: fatal error: config.h: No such file"], tools: ["cc"] },
      undeclared: ["src/config.h (in the project)", "/opt/x.h (on this machine)"],
    }),
    catalogue.stageFailed({
      ...{ stage: "stamp", argv: ["touch", "in/src/x"], exitCode: 1, signal: undefined },
      ...{ declaredAt, log: ["touch: in/src/x: Read-only file system"], tools: undefined },
      readOnly: ["in/src"],
    }),
  ],
  stageName: [catalogue.stageName('the string ""')],
  stageTimedOut: [
    catalogue.stageTimedOut({ stage: "link", argv: ["ld"], timeoutMs: 500, declaredAt, log: [] }),
  ],
  storeTooNew: [catalogue.storeTooNew("/var/cache/ashlar", 3, 2)],
  storeUnwritable: [catalogue.storeUnwritable("/var/cache/ashlar", cause)],
  symlinkLeaves: [catalogue.symlinkLeaves("/work/src/up", "../..", "it leads out of the tree")],
  templateSyntax: [catalogue.templateSyntax(" cc 'a ${…} ", "a ' is never closed")],
  toolFailed: [
    catalogue.toolFailed("cargo", "cargo --version", undefined),
    catalogue.toolFailed("cargo", "cargo --version", "install it with `rustup`"),
  ],
  toolNotExecutable: [
    catalogue.toolNotExecutable("cc", "in/toolchain/bin/cc", "a file without exec bit"),
  ],
  toolNotInTree: [
    catalogue.toolNotInTree(
      "cc",
      catalogue.viewMissing("unpack.toolchain", "bin/cc", ["c++", "gcc"], "bin"),
    ),
  ],
  toolTwice: [catalogue.toolTwice("cc", "in/toolchain/bin/cc", "the host's")],
  toolNotFound: [
    catalogue.toolNotFound("llvm-cov", "apt-get install llvm"),
    catalogue.toolNotFound("cargo", undefined),
    catalogue.toolNotFound("cargo", "install it", [
      "rustup",
      "which",
      "--toolchain",
      "old",
      "cargo",
    ]),
  ],
  volatileValue: [catalogue.volatileValue("undefined")],
  viewMissing: [
    catalogue.viewMissing("source src", "mian.c", ["main.c", "util.c"]),
    catalogue.viewMissing(
      "source src",
      "lib/z",
      Array.from({ length: 12 }, (_, n) => `${n}.c`),
      "lib",
    ),
    catalogue.viewMissing("source src", "a/b", []),
  ],
  viewWrongKind: [
    catalogue.viewWrongKind("source src", "lib", "file", "directory"),
    catalogue.viewWrongKind("source src", "main.c", "directory", "file"),
  ],
};

const shown = (name: string): string =>
  `\n${(errors[name] ?? []).map((error) => renderError(error)).join("\n\n\n")}\n`;

test("every function of the catalogue is here, and every code is used", () => {
  expect(Object.keys(errors).toSorted()).toEqual(Object.keys(catalogue).toSorted());
  const codes = Object.values(errors).flatMap((each) => each.map(({ code }) => code));
  expect([...new Set(codes)].toSorted()).toEqual([...errorCodes].toSorted());
});

describe("the rules of prose", () => {
  const all = Object.entries(errors).flatMap(([name, each]) =>
    each.map((error, at) => [`${name} ${at + 1}`, error] as const),
  );
  test.each(all)("%s", (_, error) => {
    expect(error.message).not.toMatch(/[.!]$/);
    expect(error.message).not.toMatch(/^[A-Z]/);
    expect(error.hint ?? "").not.toMatch(/[.!]$/);
    expect(error.hint).not.toBe(error.message);
    expect(renderError(error)).not.toMatch(/\b(?:illegal|failed to|please|oops)\b/i);
  });
});

test("artifactNotBuilt", () => {
  expect(shown("artifactNotBuilt")).toMatchInlineSnapshot(`
    "
    error[ARTIFACT_NOT_BUILT]: \`compile.app\` was not made by this build

    hint: name it, or something that needs it, among the targets; if it is, see why its stage did not succeed
    "
  `);
});

test("blobLost", () => {
  expect(shown("blobLost")).toMatchInlineSnapshot(`
    "
    error[BLOB_LOST]: a blob is missing from the store, or damaged

      digest  abababababababababababababababababababababababababababababababab/1024
      found   its bytes have changed

    hint: build again: what made the blob will run again
    "
  `);
});

test("clockDeadlock", () => {
  expect(shown("clockDeadlock")).toMatchInlineSnapshot(`
    "
    error[CLOCK_DEADLOCK]: nothing in the build can go on, and none of it waits for time

      waits  \`serve\` runs, and waits for its end
             \`probe\` waits for \`serve\`

    hint: let what hangs end after some time, or give it a \`timeoutMs\`


    error[CLOCK_DEADLOCK]: nothing in the build can go on, and none of it waits for time

      waits  \`0\` waits for \`serve\`
             \`1\` waits for \`serve\`
             \`2\` waits for \`serve\`
             \`3\` waits for \`serve\`
             \`4\` waits for \`serve\`
             \`5\` waits for \`serve\`
             \`6\` waits for \`serve\`
             \`7\` waits for \`serve\`
             \`8\` waits for \`serve\`
             \`9\` waits for \`serve\`
             \`10\` waits for \`serve\`
             \`11\` waits for \`serve\`
             and 2 more

    hint: let what hangs end after some time, or give it a \`timeoutMs\`
    "
  `);
});

test("buildCancelled", () => {
  expect(shown("buildCancelled")).toMatchInlineSnapshot(`
    "
    error[BUILD_CANCELLED]: the build was cancelled

      reason  Ctrl-C

    hint: build again to go on: what had succeeded by then is reused


    error[BUILD_CANCELLED]: the build was cancelled

      reason  the server is going down

    hint: build again to go on: what had succeeded by then is reused
    "
  `);
});

test("commandNotFound", () => {
  expect(shown("commandNotFound")).toMatchInlineSnapshot(`
    "
    error[COMMAND_NOT_FOUND]: stage \`link\` starts \`ld\`, which is not there or not executable

      declared tools  none (the system's)

    hint: install it, or check the spelling


    error[COMMAND_NOT_FOUND]: stage \`link\` starts \`crago\`, which is not there or not executable

      declared tools  cargo, rustc

    hint: did you mean \`cargo\`? Otherwise declare it: \`tools: [tool.host("crago")]\`


    error[COMMAND_NOT_FOUND]: stage \`link\` starts \`ld\`, which is not there or not executable

      declared tools  none

    hint: declare it: \`tools: [tool.host("ld")]\`


    error[COMMAND_NOT_FOUND]: stage \`link\` starts \`in/app\`, which is not there or not executable

      declared tools  cargo

    hint: check the path, which starts at the command's working directory unless it is absolute
    "
  `);
});

test("cwdMissing", () => {
  expect(shown("cwdMissing")).toMatchInlineSnapshot(`
    "
    error[CWD_MISSING]: stage \`link\` starts in \`ws/sub\`, which is not in its input root

      stage  link
      cwd    ws/sub

    hint: lay a tree there with \`root\`, or correct \`cwd\`
    "
  `);
});

test("dynamicCycle", () => {
  expect(shown("dynamicCycle")).toMatchInlineSnapshot(`
    "
    error[DYNAMIC_CYCLE]: dynamic stage \`plan\` waits for itself

      stage  plan
      cycle  \`plan\` needs \`compile\` needs \`plan\`

    hint: return handles that can be made without its result
    "
  `);
});

test("dynamicFailed", () => {
  expect(shown("dynamicFailed")).toMatchInlineSnapshot(`
    "
    error[DYNAMIC_FAILED]: the body of dynamic stage \`shards\` failed: Unexpected end of JSON input

      stage        shards
      declared at  /work/build.ts:12:14

    hint: it ran in the process that builds: the stack of the cause says where


    error[DYNAMIC_FAILED]: the body of dynamic stage \`shards\` failed: no list

      stage  shards

    hint: it ran in the process that builds: the stack of the cause says where
    "
  `);
});

test("dynamicResult", () => {
  expect(shown("dynamicResult")).toMatchInlineSnapshot(`
    "
    error[DYNAMIC_RESULT]: the body of dynamic stage \`shards\` returned an array instead of a handle

      stage  shards

    hint: gather several handles with \`all\`


    error[DYNAMIC_RESULT]: the body of dynamic stage \`shards\` returned undefined instead of a file

      stage  shards

    hint: \`dynamic\` takes any handle; \`dynamic.file\` a file, \`dynamic.tree\` a tree
    "
  `);
});

test("exportBlocked", () => {
  expect(shown("exportBlocked")).toMatchInlineSnapshot(`
    "
    error[EXPORT_BLOCKED]: exporting to \`src\` would replace the source \`/work/src\`

      path  src

    hint: export to a place of its own, such as \`dist\`: what was there before is replaced as a whole
    "
  `);
});

test("fetchFailed", () => {
  expect(shown("fetchFailed")).toMatchInlineSnapshot(`
    "
    error[FETCH_FAILED]: \`https://a.org/x\` cannot be fetched

      https://a.org/x  HTTP 404 Not Found

    hint: check the address and the network; with a proxy, see the page of this error


    error[FETCH_FAILED]: \`https://a.org/x\` and its mirrors cannot be fetched

      https://a.org/x  HTTP 503 (4 times)
      https://b.org/x  the connection broke

    hint: check the address and the network; with a proxy, see the page of this error


    error[FETCH_FAILED]: crate \`leaf 1.0.0\` of crates.io cannot be fetched

      https://a.org/x  HTTP 404 Not Found

    hint: \`cargo update -p leaf\` takes another version


    error[FETCH_FAILED]: crate \`leaf 1.0.0\` of crates.io cannot be fetched

      https://a.org/x  HTTP 503

    hint: check the address and the network; with a proxy, see the page of this error
    "
  `);
});

test("fetchUnpinned", () => {
  expect(shown("fetchUnpinned")).toMatchInlineSnapshot(`
    "
    error[FETCH_UNPINNED]: \`https://a.org/x\` is not pinned by a digest

      https://a.org/x  sha256 abababababababababababababababababababababababababababababababab, 12 bytes

    hint: if that is what you expect, pin it: \`{ sha256: "abababababababababababababababababababababababababababababababab" }\`
    "
  `);
});

test("fetchesUnpinned", () => {
  expect(shown("fetchesUnpinned")).toMatchInlineSnapshot(`
    "
    error[FETCH_UNPINNED]: 2 fetched files are not pinned by a digest

      https://a.org/x  sha256 abababababababababababababababababababababababababababababababab, 12 bytes
      https://a.org/y  sha256 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd, 13 bytes

    hint: if that is what you expect, pin each of them: \`{ sha256: "…" }\`
    "
  `);
});

test("credentialHelperFailed", () => {
  expect(shown("credentialHelperFailed")).toMatchInlineSnapshot(`
    "
    error[REMOTE_CREDENTIALS]: the credential helper \`example-login\` has nothing for \`grpcs://cache.example:443/main\`

      reason   it ended with exit code 1
      it said  your session has ended: run \`example login\`

    hint: try it by hand: \`echo '{"uri":"grpcs://cache.example:443/main"}' | example-login get\`
    "
  `);
});

test("provenanceUntrusted", () => {
  expect(shown("provenanceUntrusted")).toMatchInlineSnapshot(`
    "
    error[PROVENANCE_UNTRUSTED]: the provenance is not to be believed: its signature is wrong

      reason  its signature is wrong

    hint: check that the envelope is whole, and that the key that should have signed it is among those that are trusted
    "
  `);
});

test("fetchWrongDigest", () => {
  expect(shown("fetchWrongDigest")).toMatchInlineSnapshot(`
    "
    error[FETCH_WRONG_DIGEST]: \`https://a.org/x\` has another content than it should

      expected  sha256 abababababababababababababababababababababababababababababababab
      found     sha256 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd

    hint: find out why it has changed before you pin the new digest; nothing of it was kept


    error[FETCH_WRONG_DIGEST]: crate \`leaf 1.0.0\` of crates.io has another content than it should

      from      https://a.org/x
      expected  sha256 abababababababababababababababababababababababababababababababab
      found     sha256 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd

    hint: find out why it has changed before you pin the new digest; nothing of it was kept
    "
  `);
});

test("fileNameNotUtf8", () => {
  expect(shown("fileNameNotUtf8")).toMatchInlineSnapshot(`
    "
    error[FILE_NAME_NOT_UTF8]: a name in \`/work/src\` is not UTF-8

      name  a\\xff\\x0ab

    hint: rename the file, or leave it out with \`exclude\`
    "
  `);
});

test("fnCapture", () => {
  expect(shown("fnCapture")).toMatchInlineSnapshot(`
    "
    error[FN_CAPTURE]: the function of stage \`minify\` uses \`flags\`, which it does not declare

      declared at  /work/build.ts:12:14
      line 2       use(flags);

    hint: if it is data, declare it as \`captures: { flags }\` and use \`captures.flags\`; a helper can be defined inside the function, Node's own modules imported there, and for all else there is \`fn.module\`


    error[FN_CAPTURE]: the function of stage \`minify\` uses \`this\`, which it does not declare

      declared at  /work/build.ts:12:14
      line 2       use(this);

    hint: use the function's own parameter: it is called alone, with nothing around it


    error[FN_CAPTURE]: the function of stage \`minify\` uses \`require\`, which it does not declare

      declared at  /work/build.ts:12:14
      line 2       use(require);

    hint: use \`await import("node:...")\` inside the function, and for modules of others \`fn.module\`


    error[FN_CAPTURE]: the function of stage \`minify\` uses \`__vite_ssr_import_0__\`, which it does not declare

      declared at  /work/build.ts:12:14
      line 2       use(__vite_ssr_import_0__);

    hint: it is an import at the top of the file, as Vite and Vitest rewrite it; import Node's own modules inside the function, with \`await import("node:...")\`, and for others use \`fn.module\`


    error[FN_CAPTURE]: the function of stage \`minify\` uses \`__vite_ssr_import_meta__\`, which it does not declare

      declared at  /work/build.ts:12:14
      line 2       use(__vite_ssr_import_meta__);

    hint: \`import.meta\` is that of another module when the function runs alone; pass what it says in \`captures\`
    "
  `);
});

test("fnFunction", () => {
  expect(shown("fnFunction")).toMatchInlineSnapshot(`
    "
    error[FN_FUNCTION]: the function run cannot be run alone: it is a class

    hint: give an ordinary function, \`async\` or not: \`run: ({ inputs, out }) => { ... }\`
    "
  `);
});

test("fnImport", () => {
  expect(shown("fnImport")).toMatchInlineSnapshot(`
    "
    error[FN_IMPORT]: the function of stage \`minify\` imports \`terser\`, which is not there when it runs alone

    hint: only Node's own modules can be imported; put the function into a module of its own, and use \`fn.module\`
    "
  `);
});

test("fnModule", () => {
  expect(shown("fnModule")).toMatchInlineSnapshot(`
    "
    error[FN_MODULE]: \`/work/minify.ts\` cannot be read as a module

      found  it is TypeScript, and Node v20.19.0 runs none

    hint: use plain JavaScript, or on Node 22.18 and newer TypeScript whose types can be taken away
    "
  `);
});

test("fnUnresolved", () => {
  expect(shown("fnUnresolved")).toMatchInlineSnapshot(`
    "
    error[FN_IMPORT]: \`/work/minify.mjs\` imports \`./a.mjs\`, which cannot be found

      found  there is no file \`/work/a.mjs\`

    hint: check the name; a package must be installed where the module can see it
    "
  `);
});

test("invalidGlob", () => {
  expect(shown("invalidGlob")).toMatchInlineSnapshot(`
    "
    error[INVALID_GLOB]: the glob \`/etc/**\` has no meaning

      reason  it is absolute; globs start in the tree

    hint: globs are relative and use \`*\`, \`**\`, \`?\`, \`[...]\` and \`{a,b}\`
    "
  `);
});

test("invalidOption", () => {
  expect(shown("invalidOption")).toMatchInlineSnapshot(`
    "
    error[INVALID_OPTION]: option \`slots\` is 0

      option  slots
      found   0

    hint: it should be a whole number, at least 1
    "
  `);
});

test("malformedDigest", () => {
  expect(shown("malformedDigest")).toMatchInlineSnapshot(`
    "
    error[MALFORMED_DIGEST]: \`abc\` is not a digest

    hint: a digest is 64 lowercase hexadecimal digits, a slash, and the size in bytes
    "
  `);
});

test("exportFailed", () => {
  expect(shown("exportFailed")).toMatchInlineSnapshot(`
    "
    error[EXPORT_FAILED]: \`dist/app\` cannot be written

      reason  ENOSPC: no space left on device

    hint: what was there before is as it was; make room or allow writing, or export elsewhere
    "
  `);
});

test("matrixCellUnknown", () => {
  expect(shown("matrixCellUnknown")).toMatchInlineSnapshot(`
    "
    error[MATRIX_CELL_UNKNOWN]: the matrix has no cell \`node=18\`

    hint: did you mean \`node=20\`?


    error[MATRIX_CELL_UNKNOWN]: the matrix has no cell \`os=plan9\`

    hint: see its \`cells\`
    "
  `);
});

test("notJson", () => {
  expect(shown("notJson")).toMatchInlineSnapshot(`
    "
    error[NOT_JSON]: $.a[0] is undefined, which JSON cannot say

    hint: use strings, finite numbers, booleans, null, arrays and plain objects; leave a field out instead of setting it to undefined
    "
  `);
});

test("malformedEvent", () => {
  expect(shown("malformedEvent")).toMatchInlineSnapshot(`
    "
    error[MALFORMED_MESSAGE]: line 3 cannot be read as an event: it is not JSON

    hint: the events before it are whole; a build that was killed may have left a part of its last line
    "
  `);
});

test("malformedMessage", () => {
  expect(shown("malformedMessage")).toMatchInlineSnapshot(`
    "
    error[MALFORMED_MESSAGE]: bytes cannot be read as a message: a number is cut off

    hint: build again: damaged entries of a store are replaced
    "
  `);
});

test("malformedPath", () => {
  expect(shown("malformedPath")).toMatchInlineSnapshot(`
    "
    error[MALFORMED_PATH]: \`../x\` is not a path inside a tree: it leaves the tree with \`..\`

    hint: write a relative path with \`/\` between names
    "
  `);
});

test("mockStageUnscripted", () => {
  expect(shown("mockStageUnscripted")).toMatchInlineSnapshot(`
    "
    error[MOCK_STAGE_UNSCRIPTED]: stage \`compile\` has no script

      scripted  complie, link

    hint: did you mean \`complie\`?


    error[MOCK_STAGE_UNSCRIPTED]: stage \`compile\` has no script

      scripted  nothing

    hint: script it with \`mock.on\`
    "
  `);
});

test("mockOutputUndeclared", () => {
  expect(shown("mockOutputUndeclared")).toMatchInlineSnapshot(`
    "
    error[MOCK_OUTPUT_UNDECLARED]: the script of stage \`compile\` writes \`ap\`, which the stage does not declare

      declared  app, map

    hint: did you mean \`app\`?


    error[MOCK_OUTPUT_UNDECLARED]: the script of stage \`compile\` writes \`x\`, which the stage does not declare

      declared  nothing
    "
  `);
});

test("mockScriptAmbiguous", () => {
  expect(shown("mockScriptAmbiguous")).toMatchInlineSnapshot(`
    "
    error[MOCK_SCRIPT_AMBIGUOUS]: 2 scripts stand for stage \`compile\`

      scripted  the stage \`compile\`, a function

    hint: keep one of them; to change what a stage does between two builds, use \`mock.replace\`
    "
  `);
});

test("mockScriptUnused", () => {
  expect(shown("mockScriptUnused")).toMatchInlineSnapshot(`
    "
    error[MOCK_SCRIPT_UNUSED]: the script for the name \`lnik\` was never followed

      unused  the name \`lnik\`
      called  compile, link

    hint: did you mean \`link\`?


    error[MOCK_SCRIPT_UNUSED]: the script for a function was never followed, nor 1 more

      unused  a function, the stage \`link\`
      called  compile

    hint: remove it, or make the runner with \`onUnused: "ignore"\`
    "
  `);
});

test("replayMiss", () => {
  expect(shown("replayMiss")).toMatchInlineSnapshot(`
    "
    error[REPLAY_MISS]: stage \`compile\` was recorded with something else

      recording  test/recording
      differs    argument 1: \`-O2\` is now \`-O3\`
                 src/main.c differs

    hint: record the build anew, if it should be so from now on


    error[REPLAY_MISS]: stage \`lnik\` is not in the recording

      recording  rec
      recorded   compile, link

    hint: did you mean \`link\`? Otherwise record the build anew


    error[REPLAY_MISS]: stage \`pack\` is not in the recording

      recording  rec
      recorded   nothing

    hint: record the build anew, if it should be so from now on
    "
  `);
});

test("replayToolMiss", () => {
  expect(shown("replayToolMiss")).toMatchInlineSnapshot(`
    "
    error[REPLAY_MISS]: tool \`gcc\` is not in the recording

      recording  test/recording

    hint: record the build anew, if it should need the tool from now on
    "
  `);
});

test("replayUnfit", () => {
  expect(shown("replayUnfit")).toMatchInlineSnapshot(`
    "
    error[REPLAY_UNFIT]: the recording in \`test/recording\` cannot be replayed: its keys are of version \`ashlar-0\`, and today's \`ashlar-1\`

    hint: record the build anew, with \`recordingRunner\` and an empty store
    "
  `);
});

test("notAHandle", () => {
  expect(shown("notAHandle")).toMatchInlineSnapshot(`
    "
    error[NOT_A_HANDLE]: a gate is undefined, which is not a handle for that place

    hint: use what a stage call, \`source\` or \`all\` returns


    error[NOT_A_HANDLE]: a target is a promise (await it first), which is not a handle for that place

    hint: use what a stage call, \`source\` or \`all\` returns


    error[NOT_A_HANDLE]: a target is an object with keys app, map, which is not a handle for that place

    hint: use what a stage call, \`source\` or \`all\` returns


    error[NOT_A_HANDLE]: a target is an array of 2, which is not a handle for that place

    hint: use what a stage call, \`source\` or \`all\` returns


    error[NOT_A_HANDLE]: member \`app\` is the string "app", which is not a handle for that place

    hint: use what a stage call, \`source\` or \`all\` returns
    "
  `);
});

test("notInterpolable", () => {
  expect(shown("notInterpolable")).toMatchInlineSnapshot(`
    "
    error[NOT_INTERPOLABLE]: a command cannot hold a Map

    hint: interpolate strings, numbers, artifacts, outputs, or lists of them; of a stage with several outputs, name the one that you mean


    error[NOT_INTERPOLABLE]: a command cannot hold the boolean true

    hint: interpolate strings, numbers, artifacts, outputs, or lists of them; of a stage with several outputs, name the one that you mean
    "
  `);
});

test("noCommand", () => {
  expect(shown("noCommand")).toMatchInlineSnapshot(`
    "
    error[NO_COMMAND]: a command has no program to start

    hint: the first word of the template is the program
    "
  `);
});

test("attemptWithout", () => {
  expect(shown("attemptWithout")).toMatchInlineSnapshot(`
    "
    error[ARTIFACT_NOT_BUILT]: \`test.report.xml\` is an output of an attempt that did not exit with 0, and did not write it

    hint: have the stage that wants it look at \`exitCode\` instead, or drop \`attempt\` if the code should be 0
    "
  `);
});

test("sandboxUnavailable", () => {
  expect(shown("sandboxUnavailable")).toMatchInlineSnapshot(`
    "
    error[SANDBOX_UNAVAILABLE]: commands are to run in a sandbox, and this machine has none

      reason  there is no program \`bwrap\`

    hint: install bubblewrap
    "
  `);
});

test("resourceTooLarge", () => {
  expect(shown("resourceTooLarge")).toMatchInlineSnapshot(`
    "
    error[RESOURCE_TOO_LARGE]: stage \`train\` needs 64 of \`memory\`, and the build has 32

      declared at  /work/build.ts:12:14

    hint: ask for less, or build with \`resources: { memory: 64 }\`
    "
  `);
});

test("resourceUnknown", () => {
  expect(shown("resourceUnknown")).toMatchInlineSnapshot(`
    "
    error[RESOURCE_UNKNOWN]: stage \`test\` needs \`data base\`, which the build does not have

      declared at  /work/build.ts:12:14
      known        cpu, memory

    hint: build with \`resources: { "data base": 1 }\`


    error[RESOURCE_UNKNOWN]: stage \`test\` needs \`mem\`, which the build does not have

      declared at  /work/build.ts:12:14
      known        cpu, memory

    hint: did you mean \`memory\`? Otherwise build with \`resources: { mem: 1 }\`
    "
  `);
});

test("retryWithSideEffects", () => {
  expect(shown("retryWithSideEffects")).toMatchInlineSnapshot(`
    "
    error[RETRY_WITH_SIDE_EFFECTS]: a command with side effects is to be run again when it fails

      retries      2
      sideEffects  true

    hint: drop \`retries\`, and have the command itself repeat what is safe to repeat; or drop \`sideEffects\`
    "
  `);
});

test("outputAbsent", () => {
  expect(shown("outputAbsent")).toMatchInlineSnapshot(`
    "
    error[ARTIFACT_NOT_BUILT]: \`link.map\` is optional, and its command did not write it

    hint: drop \`optional\` if it should always be there
    "
  `);
});

test("outputMissing", () => {
  expect(shown("outputMissing")).toMatchInlineSnapshot(`
    "
    error[OUTPUT_MISSING]: stage \`link\` finished without its declared output \`app\`

      declared at  /work/build.ts:12:14
      produced     app.exe, app.map

    hint: the command wrote \`app.exe\`; declare that name, or make the command write \`app\`


    error[OUTPUT_MISSING]: stage \`link\` finished without its declared output \`app\`

      produced  nothing

    hint: declare only what the command writes, or check that it writes to the path it is given
    "
  `);
});

test("outputPathTaken", () => {
  expect(shown("outputPathTaken")).toMatchInlineSnapshot(`
    "
    error[OUTPUT_PATH_TAKEN]: stage \`link\` declares output \`app\` at \`src/app\`, where an input lies

      stage   link
      output  app
      path    src/app

    hint: write to another path; or, if the command is to change that input, lay it with \`writable\`
    "
  `);
});

test("outputReserved", () => {
  expect(shown("outputReserved")).toMatchInlineSnapshot(`
    "
    error[OUTPUT_RESERVED]: an output cannot be called \`then\`

    hint: handles have a property of that name already; choose another
    "
  `);
});

test("outputTwice", () => {
  expect(shown("outputTwice")).toMatchInlineSnapshot(`
    "
    error[OUTPUT_TWICE]: two outputs have the name \`app\`

    hint: give each output a name of its own


    error[OUTPUT_TWICE]: two outputs have the path \`out/app\`

    hint: give each output a path of its own
    "
  `);
});

test("outputUnfit", () => {
  expect(shown("outputUnfit")).toMatchInlineSnapshot(`
    "
    error[OUTPUT_UNFIT]: stage \`link\` wrote output \`dist\`, which cannot be kept

      reason  \`dist/pipe\` is a named pipe, which cannot be in a tree

    hint: outputs hold files, directories and relative links that stay inside; have the command write those
    "
  `);
});

test("outputWrongKind", () => {
  expect(shown("outputWrongKind")).toMatchInlineSnapshot(`
    "
    error[OUTPUT_WRONG_KIND]: stage \`link\` declares \`out/app\` as a file, and wrote a directory

      stage   link
      output  out/app

    hint: declare it with \`out.tree\`


    error[OUTPUT_WRONG_KIND]: stage \`link\` declares \`out/app\` as a directory, and wrote a file

      stage   link
      output  out/app

    hint: declare it with \`out.file\`


    error[OUTPUT_WRONG_KIND]: stage \`link\` declares \`out/app\` as a file, and wrote a link that leads nowhere

      stage   link
      output  out/app

    hint: outputs are files and directories; a link must lead to one inside the input root
    "
  `);
});

test("mergeConflict", () => {
  expect(shown("mergeConflict")).toMatchInlineSnapshot(`
    "
    error[PATH_CONFLICT]: two parts of a merge differ at \`lib/a.h\`

      first   source src: a file of 12 bytes
      second  compile.lib: a link

    hint: leave that path out of one of them with \`without\`, or merge a list of trees, of which the last may win: \`{ onConflict: "last" }\`
    "
  `);
});

test("pathConflict", () => {
  expect(shown("pathConflict")).toMatchInlineSnapshot(`
    "
    error[PATH_CONFLICT]: two artifacts are laid on \`.\`

      first   src
      second  deps

    hint: lay one of them elsewhere, or leave that path out of the tree below with \`without\`


    error[PATH_CONFLICT]: two artifacts are laid on \`a\`

      first   x
      second  y

    hint: lay one of them elsewhere, or leave that path out of the tree below with \`without\`
    "
  `);
});

test("platformUnsupported", () => {
  expect(shown("platformUnsupported")).toMatchInlineSnapshot(`
    "
    error[PLATFORM_UNSUPPORTED]: the local runner does not work on win32

      reason  it needs a POSIX shell
    "
  `);
});

test("runnerFailed", () => {
  expect(shown("runnerFailed")).toMatchInlineSnapshot(`
    "
    error[RUNNER_FAILED]: the local runner broke down at stage \`link\`

      reason  ENOSPC: no space left on device, write

    hint: this is not a fault of the stage: see the cause of this error


    error[RUNNER_FAILED]: the local runner broke down at stage \`link\`

      reason  no reason

    hint: this is not a fault of the stage: see the cause of this error
    "
  `);
});

test("sourceChanged", () => {
  expect(shown("sourceChanged")).toMatchInlineSnapshot(`
    "
    error[SOURCE_CHANGED]: \`src/a.c\` changed while it was being read: it went away

    hint: build again when nothing writes to it, or leave it out with \`exclude\`
    "
  `);
});

test("sourceMissing", () => {
  expect(shown("sourceMissing")).toMatchInlineSnapshot(`
    "
    error[SOURCE_MISSING]: source \`/work/scr\` does not exist

      path  /work/scr

    hint: relative sources start at the build's \`cwd\`; pass a \`file:\` URL to start at a script
    "
  `);
});

test("sourceNotDirectory", () => {
  expect(shown("sourceNotDirectory")).toMatchInlineSnapshot(`
    "
    error[SOURCE_NOT_DIRECTORY]: source \`/work/a.c\` is not a directory

      path  /work/a.c

    hint: use \`source.file\` for a single file
    "
  `);
});

test("sourceUnreadable", () => {
  expect(shown("sourceUnreadable")).toMatchInlineSnapshot(`
    "
    error[SOURCE_UNREADABLE]: \`/work/a.c\` cannot be read

      reason  ENOSPC: no space left on device, write

    hint: allow reading it, or leave it out with \`exclude\`
    "
  `);
});

test("specialFile", () => {
  expect(shown("specialFile")).toMatchInlineSnapshot(`
    "
    error[SPECIAL_FILE]: \`/work/src/pipe\` is a named pipe, which cannot be in a tree

    hint: leave it out with \`exclude\`
    "
  `);
});

test("stageBody", () => {
  expect(shown("stageBody")).toMatchInlineSnapshot(`
    "
    error[STAGE_BODY]: the body of stage \`link\` returned a promise (await it first) instead of a command

      declared at  /work/build.ts:12:14

    hint: return what \`sh\` makes; a body is an ordinary function, not an async one
    "
  `);
});

test("stageFailed", () => {
  expect(shown("stageFailed")).toMatchInlineSnapshot(`
    "
    error[STAGE_FAILED]: stage \`link\` exited with 1

      declared at  /work/build.ts:12:14
      command      ld -o "out/a b" '{"x":"$y"}' "a\\"\\n"
      log          undefined symbol: main
                   giving up

    hint: see the end of its log above; \`report.log\` has all of it


    error[STAGE_FAILED]: stage \`link\` was ended by SIGKILL

      command  ld xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx …
      log      (nothing was printed)

    hint: see the end of its log above; \`report.log\` has all of it


    error[STAGE_FAILED]: stage \`link\` exited with 127

      declared at  /work/build.ts:12:14
      command      bash -c ld
      log          bash: ld: command not found

    hint: 127 often means that a command was not found; declared tools: bash, cc


    error[STAGE_FAILED]: stage \`compile\` exited with 1

      declared at   /work/build.ts:12:14
      command       cc main.c
      log           main.c:1:10: fatal error: config.h: No such file
      not declared  src/config.h (in the project)
                    /opt/x.h (on this machine)

    hint: what is not declared is not there for a command: make it an input of the stage, or a tool


    error[STAGE_FAILED]: stage \`stamp\` exited with 1

      declared at  /work/build.ts:12:14
      command      touch in/src/x
      log          touch: in/src/x: Read-only file system
      read-only    in/src

    hint: an input is there to be read; lay one that the command changes by \`writable(…)\` in \`root\`
    "
  `);
});

test("stageName", () => {
  expect(shown("stageName")).toMatchInlineSnapshot(`
    "
    error[STAGE_NAME]: the name of a stage is the string ""

    hint: give it a short name for people, such as \`compile\`
    "
  `);
});

test("stageTimedOut", () => {
  expect(shown("stageTimedOut")).toMatchInlineSnapshot(`
    "
    error[STAGE_TIMED_OUT]: stage \`link\` was stopped after 500 ms

      declared at  /work/build.ts:12:14
      command      ld
      log          (nothing was printed)

    hint: raise its \`timeoutMs\`, or find out what it waits for
    "
  `);
});

test("storeTooNew", () => {
  expect(shown("storeTooNew")).toMatchInlineSnapshot(`
    "
    error[STORE_TOO_NEW]: the store in \`/var/cache/ashlar\` has layout 3, and this version knows layouts up to 2

    hint: use the newer version, or name another directory with \`store\` or \`ASHLAR_STORE\`; nothing in it was touched
    "
  `);
});

test("storeUnwritable", () => {
  expect(shown("storeUnwritable")).toMatchInlineSnapshot(`
    "
    error[STORE_UNWRITABLE]: the store \`/var/cache/ashlar\` cannot be written to

      reason  ENOSPC: no space left on device, write

    hint: make room or allow writing; or choose another place with the \`store\` option or \`ASHLAR_STORE\`
    "
  `);
});

test("symlinkLeaves", () => {
  expect(shown("symlinkLeaves")).toMatchInlineSnapshot(`
    "
    error[SYMLINK_LEAVES]: the link \`/work/src/up\` leads to \`../..\`: it leads out of the tree

      link    /work/src/up
      target  ../..

    hint: replace it by a relative link inside the tree, or leave it out with \`exclude\`
    "
  `);
});

test("templateSyntax", () => {
  expect(shown("templateSyntax")).toMatchInlineSnapshot(`
    "
    error[TEMPLATE_SYNTAX]: a command template cannot be read: a ' is never closed

      template  cc 'a \${…}

    hint: \`sh\` takes a list of arguments, with quotes around those that hold spaces; \`sh.bash\` takes a script
    "
  `);
});

test("toolFailed", () => {
  expect(shown("toolFailed")).toMatchInlineSnapshot(`
    "
    error[TOOL_FAILED]: tool \`cargo\` did not print its version

      asked  cargo --version

    hint: correct the \`version\` of its declaration, or leave it out to go by its bytes


    error[TOOL_FAILED]: tool \`cargo\` did not print its version

      asked  cargo --version

    hint: install it with \`rustup\`
    "
  `);
});

test("toolNotExecutable", () => {
  expect(shown("toolNotExecutable")).toMatchInlineSnapshot(`
    "
    error[TOOL_NOT_EXECUTABLE]: tool \`cc\` cannot be executed

      path   in/toolchain/bin/cc
      found  a file without exec bit

    hint: set its exec bit where it comes from: \`chmod +x\`, or \`executable: true\` of a text
    "
  `);
});

test("toolNotInTree", () => {
  expect(shown("toolNotInTree")).toMatchInlineSnapshot(`
    "
    error[TOOL_NOT_FOUND]: tool \`cc\` is not there: \`unpack.toolchain\` holds no \`bin/cc\`

      \`bin\` holds  c++, gcc

    hint: did you mean \`gcc\`?
    "
  `);
});

test("toolTwice", () => {
  expect(shown("toolTwice")).toMatchInlineSnapshot(`
    "
    error[TOOL_TWICE]: two tools are called \`cc\`

      first   in/toolchain/bin/cc in the input root
      second  the host's

    hint: leave one of them out, or give one another name: \`tool.from(tree, path, { name })\`
    "
  `);
});

test("toolNotFound", () => {
  expect(shown("toolNotFound")).toMatchInlineSnapshot(`
    "
    error[TOOL_NOT_FOUND]: tool \`llvm-cov\` is not on this machine

    hint: apt-get install llvm


    error[TOOL_NOT_FOUND]: tool \`cargo\` is not on this machine

    hint: install it, or add its folder to \`PATH\`


    error[TOOL_NOT_FOUND]: tool \`cargo\` is not where it was looked for

      asked  rustup which --toolchain old cargo

    hint: install it
    "
  `);
});

test("viewMissing", () => {
  expect(shown("viewMissing")).toMatchInlineSnapshot(`
    "
    error[VIEW_MISSING]: \`source src\` holds no \`mian.c\`

      it holds  main.c, util.c

    hint: did you mean \`main.c\`?


    error[VIEW_MISSING]: \`source src\` holds no \`lib/z\`

      \`lib\` holds  0.c, 1.c, 2.c, 3.c, 4.c, 5.c, 6.c, 7.c, 8.c, 9.c, …

    hint: check the path


    error[VIEW_MISSING]: \`source src\` holds no \`a/b\`

    hint: check the path
    "
  `);
});

test("viewWrongKind", () => {
  expect(shown("viewWrongKind")).toMatchInlineSnapshot(`
    "
    error[VIEW_WRONG_KIND]: \`lib\` in \`source src\` is a directory, not a file

    hint: use \`.dir(path)\`


    error[VIEW_WRONG_KIND]: \`main.c\` in \`source src\` is a file, not a directory

    hint: use \`.file(path)\`
    "
  `);
});

test("runnersUnable", () => {
  expect(shown("runnersUnable")).toMatchInlineSnapshot(`
    "
    error[RUNNER_UNABLE]: no runner of the build can take stage \`train\`, which wants label \`gpu\`

      declared at  /work/build.ts:12:14

    hint: give the build a runner that can: \`runners({ default, byImage, byLabel })\` puts several together; images are for \`containerRunner()\`


    error[RUNNER_UNABLE]: there are 2 stages that no runner of the build can take

      stages  \`train\`: label \`gpu\`
              \`pack\`: image \`debian:12\`

    hint: give the build a runner that can: \`runners({ default, byImage, byLabel })\` puts several together; images are for \`containerRunner()\`
    "
  `);
});

test("runnerUnable", () => {
  expect(shown("runnerUnable")).toMatchInlineSnapshot(`
    "
    error[RUNNER_UNABLE]: stage \`publish\` needs the values of secrets, which the remote runner cannot give

    hint: run it on another runner, such as the local one; a remote runner hands it to its \`fallback\`, if it has one
    "
  `);
});

test("secretAsText", () => {
  expect(shown("secretAsText")).toMatchInlineSnapshot(`
    "
    error[NOT_INTERPOLABLE]: secret \`NPM_TOKEN\` cannot be made into a text

    hint: let it be a hole of the command, beside other text or holes; for a variable, join the parts in \`from\`
    "
  `);
});

test("secretInOutput", () => {
  expect(shown("secretInOutput")).toMatchInlineSnapshot(`
    "
    error[SECRET_IN_OUTPUT]: stage \`publish\` wrote \`out/.npmrc\`, which holds the value of secret \`NPM_TOKEN\`

      output  out/.npmrc
      secret  NPM_TOKEN

    hint: nothing of it was kept; have the command write it elsewhere (\`HOME\`, \`TMPDIR\`) or not at all, and change the secret if the file may have got around


    error[SECRET_IN_OUTPUT]: stage \`publish\` wrote something that holds the value of secret \`NPM_TOKEN\`

      secret  NPM_TOKEN

    hint: nothing of it was kept; have the command write it elsewhere (\`HOME\`, \`TMPDIR\`) or not at all, and change the secret if the file may have got around
    "
  `);
});

test("secretProgram", () => {
  expect(shown("secretProgram")).toMatchInlineSnapshot(`
    "
    error[TEMPLATE_SYNTAX]: the program that a command starts with cannot be a secret

    hint: hand it over as a variable or an argument of a program
    "
  `);
});

test("secretUnfit", () => {
  expect(shown("secretUnfit")).toMatchInlineSnapshot(`
    "
    error[SECRET_UNFIT]: stage \`publish\` must run, and the value of its secret \`NPM_TOKEN\` cannot be used

      reason  it holds a NUL

    hint: give it a proper value; if it is none that matters, it need not be a secret
    "
  `);
});

test("secretUnset", () => {
  expect(shown("secretUnset")).toMatchInlineSnapshot(`
    "
    error[SECRET_UNSET]: stage \`publish\` must run, and its secret \`NPM_TOKEN\` has no value

      reason  the environment variable is not set

    hint: set the environment variable \`NPM_TOKEN\` of the process that builds, or say with \`from\` where the value is


    error[SECRET_UNSET]: stage \`publish\` must run, and its secret \`NPM_TOKEN\` has no value

      reason  \`from\` broke down: the vault is shut

    hint: see what the secret's \`from\` needs; earlier results need no secrets, so only what runs anew asks for it
    "
  `);
});

test("volatileValue", () => {
  expect(shown("volatileValue")).toMatchInlineSnapshot(`
    "
    error[INVALID_OPTION]: option \`volatile\` is undefined

      option  volatile
      found   undefined

    hint: it should be a string or a number; where there may be none, say what stands for it: \`?? ""\`
    "
  `);
});

test("cacheConflict", () => {
  expect(shown("cacheConflict")).toMatchInlineSnapshot(`
    "
    error[PATH_CONFLICT]: cache \`npm\` at \`.npm\` is not alone in its place

      there, too  output \`modules\`
      at          .npm/modules

    hint: lay the cache where no input and no output is, above or below; an input may be around it, if it has nothing of that name


    error[PATH_CONFLICT]: cache \`npm\` at \`.\` is not alone in its place

      there, too  the whole input root
      at          .

    hint: lay the cache where no input and no output is, above or below; an input may be around it, if it has nothing of that name
    "
  `);
});

test("engineAbsent", () => {
  expect(shown("engineAbsent")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_ENGINE]: the container engine \`podman\` is not on this machine

    hint: install it (Debian: \`apt-get install podman\`), or name another with \`engine\`
    "
  `);
});

test("engineFailed", () => {
  expect(shown("engineFailed")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_FAILED]: \`docker run\` failed

      it said  invalid reference format

    hint: see what the engine says above


    error[CONTAINER_FAILED]: \`docker run\` failed

      it said  no space left on device

    hint: make room: \`docker system df\` says what the engine holds; \`scratch\` moves the directories of running actions to another disk
    "
  `);
});

test("engineRefused", () => {
  expect(shown("engineRefused")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_ENGINE]: this user may not use the container engine \`docker\`

      it said  permission denied: /var/run/docker.sock

    hint: join the group of its socket (\`usermod -aG docker $USER\`, then log in again), or use Podman, which needs no service
    "
  `);
});

test("engineStopped", () => {
  expect(shown("engineStopped")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_ENGINE]: the container engine \`docker\` is not running

      it said  Is the docker daemon running?

    hint: start it: \`systemctl start docker\`, or \`dockerd &\` as root where there is no systemd


    error[CONTAINER_ENGINE]: the container engine \`podman\` is not running

      it said  cannot connect to Podman

    hint: start it: \`systemctl --user start podman.socket\`, or unset \`CONTAINER_HOST\`
    "
  `);
});

test("imageArchitecture", () => {
  expect(shown("imageArchitecture")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_IMAGE_UNFIT]: image \`app:1\` is for arm64, and this engine runs amd64

    hint: name an image for this architecture, or build on a machine of the other
    "
  `);
});

test("imageNeeded", () => {
  expect(shown("imageNeeded")).toMatchInlineSnapshot(`
    "
    error[RUNNER_UNABLE]: stage \`link\` does not say which image it wants, and the runner has none for such stages

    hint: give the runner an \`image\`, or say \`sh({ image })\`
    "
  `);
});

test("imageLacks", () => {
  expect(shown("imageLacks")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_IMAGE_UNFIT]: image \`app:1\` has no \`/bin/sh\`

    hint: commands are started by \`/bin/sh\` and \`env\`; an image with static busybox has both, one \`FROM scratch\` has neither
    "
  `);
});

test("imageMoved", () => {
  expect(shown("imageMoved")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_IMAGE_LOCK]: \`debian:12\` has moved: it is not the image that it is locked to, and that one cannot be had

      locked     debian@sha256:11
      found      debian@sha256:22
      lock file  /work/lock

    hint: to go on with the new one, remove its entry from the lock file and build once without \`frozen\`


    error[CONTAINER_IMAGE_LOCK]: the image that \`debian:12\` is locked to cannot be had

      locked     debian@sha256:11
      lock file  /work/lock

    hint: to go on with what the name stands for now, remove its entry from the lock file and build once without \`frozen\`
    "
  `);
});

test("imageUnknown", () => {
  expect(shown("imageUnknown")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_IMAGE_UNKNOWN]: there is no image \`debain:12\`

      docker said  pull access denied

    hint: check its name; \`docker images\` lists those that are here, and \`docker login\` lets you see private ones
    "
  `);
});

test("imageUnlocked", () => {
  expect(shown("imageUnlocked")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_IMAGE_LOCK]: image \`debian:12\` is not in the lock file, which is frozen

      lock file  /work/lock

    hint: build once without \`frozen\`, and check the lock file in
    "
  `);
});

test("lockUnreadable", () => {
  expect(shown("lockUnreadable")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_IMAGE_LOCK]: the lock file of images cannot be read

      lock file  /work/lock
      reason     it is not of version 1

    hint: take it from version control again, or remove it and build once without \`frozen\`
    "
  `);
});

test("networkRefused", () => {
  expect(shown("networkRefused")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_NETWORK]: stage \`install\` asks for the network, which this runner refuses

      runner  network: "refused"

    hint: fetch what it needs with \`fetch\`, which is pinned by a digest, and drop \`network: true\`; or let the runner allow it
    "
  `);
});

test("scratchFull", () => {
  expect(shown("scratchFull")).toMatchInlineSnapshot(`
    "
    error[CONTAINER_FAILED]: there is no room left to lay out the inputs of stage \`link\`

      directory  /tmp

    hint: make room there, or name a directory of a larger disk with the runner's option \`scratch\`
    "
  `);
});

test("remoteRefused", () => {
  expect(shown("remoteRefused")).toMatchInlineSnapshot(`
    "
    error[REMOTE_REFUSED]: \`/mnt/team/ashlar\` does not let us write

      reason  EROFS: read-only file system

    hint: check who we are to it: credentials, and what they allow
    "
  `);
});

test("remoteUnavailable", () => {
  expect(shown("remoteUnavailable")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNAVAILABLE]: \`grpcs://cache.example:443\` does not answer as it should

      reason  no connection: ECONNREFUSED

    hint: see whether the service runs and can be reached from here; builds go on without it
    "
  `);
});

test("remoteUnfit", () => {
  expect(shown("remoteUnfit")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNFIT]: \`/mnt/team/ashlar\` is not of use to us

      reason  ENOTDIR: not a directory, stat '/mnt/team/ashlar'

    hint: name a folder that is there for this alone
    "
  `);
});

test("addressUnfit", () => {
  expect(shown("addressUnfit")).toMatchInlineSnapshot(`
    "
    error[REMOTE_ADDRESS]: \`cache.example\` is no address of a remote service

    hint: an address is \`grpcs://<host>[:<port>][/<instance>]\`, \`grpc://<host>:<port>[/<instance>]\` or \`unix:<path>\`


    error[REMOTE_ADDRESS]: the address \`cache.example\` of a remote service holds a password

    hint: take the password out of it, and give it in \`headers\` or \`token\`


    error[REMOTE_ADDRESS]: the address \`cache.example\` of a remote service names no port

    hint: say which port: without TLS there is no usual one


    error[REMOTE_ADDRESS]: the address \`cache.example\` of a remote service has a query

    hint: take out what stands behind \`?\` or \`#\`; options are given beside the address


    error[REMOTE_ADDRESS]: the address \`cache.example\` of a remote service does not say how to connect

    hint: begin it with \`grpcs://\` (TLS), \`grpc://\` (no encryption) or \`unix:\` (a socket)
    "
  `);
});

test("certificateUnreadable", () => {
  expect(shown("certificateUnreadable")).toMatchInlineSnapshot(`
    "
    error[REMOTE_TLS]: the certificates for \`grpcs://cache.example:443\` cannot be read

      option  tls: ca
      reason  ENOENT: no such file

    hint: each is the path of a PEM file, or PEM itself; \`cert\` and \`key\` belong together
    "
  `);
});

test("apiVersionUnfit", () => {
  expect(shown("apiVersionUnfit")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` does not speak version 2 of the Remote Execution API

      it has  3.0 to 3.1

    hint: have it updated


    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` does not speak version 2 of the Remote Execution API

      it has  1.0

    hint: have it updated
    "
  `);
});

test("callUnfit", () => {
  expect(shown("callUnfit")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` does not let us write blobs

      it said  INVALID_ARGUMENT: no

    hint: it is up to the service: see its log, and its limits
    "
  `);
});

test("digestFunctionUnfit", () => {
  expect(shown("digestFunctionUnfit")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` does not name content by SHA-256

      it has  BLAKE3, SHA1

    hint: have it configured with SHA256, which every service has


    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` does not name content by SHA-256

      it has  nothing

    hint: have it configured with SHA256, which every service has
    "
  `);
});

test("instanceUnknown", () => {
  expect(shown("instanceUnknown")).toMatchInlineSnapshot(`
    "
    error[REMOTE_INSTANCE]: \`grpcs://cache.example:443/linux\` has no instance \`linux\`

      it said  NOT_FOUND: unknown

    hint: put the name behind the address, as in \`grpcs://cache.example/main\`; whoever runs the service knows it


    error[REMOTE_INSTANCE]: \`grpcs://cache.example:443\` wants the name of an instance

      it said  INVALID_ARGUMENT: no instance

    hint: put the name behind the address, as in \`grpcs://cache.example/main\`; whoever runs the service knows it
    "
  `);
});

test("partMissing", () => {
  expect(shown("partMissing")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` is no cache

      reason  it says so of itself

    hint: a cluster may have one address for its cache, and another that executes


    error[REMOTE_UNFIT]: \`grpcs://cache.example:443\` executes nothing

      reason  it says so of itself

    hint: a cluster may have one address for its cache, and another that executes
    "
  `);
});

test("tlsFailed", () => {
  expect(shown("tlsFailed")).toMatchInlineSnapshot(`
    "
    error[REMOTE_TLS]: no encrypted connection to \`grpcs://cache.example:443\` can be made

      reason  self-signed certificate

    hint: name the authority that signed its certificate: \`tls: { ca: … }\`


    error[REMOTE_TLS]: no encrypted connection to \`grpcs://cache.example:443\` can be made

      reason  self-signed certificate

    hint: its certificate is made out for another name: correct the address, or give \`tls: { serverName: … }\`


    error[REMOTE_TLS]: no encrypted connection to \`grpcs://cache.example:443\` can be made

      reason  self-signed certificate

    hint: it asks for a certificate of ours: \`tls: { cert: …, key: … }\`


    error[REMOTE_TLS]: no encrypted connection to \`grpcs://cache.example:443\` can be made

      reason  self-signed certificate

    hint: it does not speak TLS: begin its address with \`grpc://\`


    error[REMOTE_TLS]: no encrypted connection to \`grpcs://cache.example:443\` can be made

      reason  self-signed certificate

    hint: its certificate is not valid today: have it renewed, or set this machine's clock
    "
  `);
});

test("executionFailed", () => {
  expect(shown("executionFailed")).toMatchInlineSnapshot(`
    "
    error[REMOTE_EXECUTION]: \`grpcs://cluster.example:443\` could not execute stage \`link\`

      status   INTERNAL
      it said  worker died

    hint: see the logs of the service; what a command leaves that is neither file nor directory is a reason, too


    error[REMOTE_EXECUTION]: \`grpcs://cluster.example:443\` could not execute stage \`link\`

      status   DATA_LOSS
      it said  nothing

    hint: see the logs of the service; a \`fallback\` would run it here
    "
  `);
});

test("endUnknown", () => {
  expect(shown("endUnknown")).toMatchInlineSnapshot(`
    "
    error[REMOTE_EXECUTION]: nobody can say whether stage \`deploy\`, which has side effects, was executed

      service  grpcs://cluster.example:443
      status   UNAVAILABLE
      it said  it went away

    hint: see whether its effect is there; it was not run again, for it must not be run twice
    "
  `);
});

test("serviceTimedOut", () => {
  expect(shown("serviceTimedOut")).toMatchInlineSnapshot(`
    "
    error[STAGE_TIMED_OUT]: stage \`link\` took longer than \`grpcs://cluster.example:443\` lets commands run

      it said  more than 600 s

    hint: raise the limit of the service, or make the command do less
    "
  `);
});

test("staysHere", () => {
  expect(shown("staysHere")).toMatchInlineSnapshot(`
    "
    error[RUNNER_UNABLE]: stage \`generate\` needs a cache, which no service can be given

    hint: give the remote runner a \`fallback\`, such as \`localRunner()\`, which runs it here


    error[RUNNER_UNABLE]: stage \`generate\` needs \`gen\`, a tool of its inputs, on its \`PATH\`, which no service can be given

    hint: name it as a hole of the command, by its path, and it is executed there; or give the remote runner a \`fallback\`, such as \`localRunner()\`, which runs it here
    "
  `);
});

test("executorUnavailable", () => {
  expect(shown("executorUnavailable")).toMatchInlineSnapshot(`
    "
    error[REMOTE_UNAVAILABLE]: \`grpcs://cluster.example:443\` does not answer as it should

      reason  no connection: ECONNREFUSED

    hint: see whether the service runs and can be reached from here; a \`fallback\` would run its commands here
    "
  `);
});

test("noWorker", () => {
  expect(shown("noWorker")).toMatchInlineSnapshot(`
    "
    error[RUNNER_UNABLE]: \`grpcs://cluster.example:443\` has no worker that takes stage \`link\`

      it said  No workers exist for this platform

    hint: see which platforms its workers have, and say one of them with \`platform\`; or start a worker
    "
  `);
});

test("inputsLost", () => {
  expect(shown("inputsLost")).toMatchInlineSnapshot(`
    "
    error[REMOTE_EXECUTION]: \`grpcs://cluster.example:443\` does not find the inputs of stage \`link\`, which were uploaded twice

      it said  blob not found

    hint: \`cache\` has to be the one that the service works with, under the same instance; or it is too small, and drops blobs at once
    "
  `);
});

test("outputsLost", () => {
  expect(shown("outputsLost")).toMatchInlineSnapshot(`
    "
    error[REMOTE_EXECUTION]: \`grpcs://cluster.example:443\` executed stage \`link\`, and does not have what it made

      missing  abababababababababababababababababababababababababababababababab/1024

    hint: \`cache\` has to be the one that the service works with, under the same instance; or it is too small, and drops blobs at once
    "
  `);
});

test("imageUnfit", () => {
  expect(shown("imageUnfit")).toMatchInlineSnapshot(`
    "
    error[REMOTE_IMAGE]: image \`debian:12\` is not pinned, and workers would run what it is at that time

    hint: name it with its digest: \`registry.example/image@sha256:…\`


    error[REMOTE_IMAGE]: an image that is an artifact (tree abababababab) cannot be run by remote execution

    hint: push it to a registry that the workers reach, and name it with its digest; or send the stage to a \`containerRunner()\` by \`byImage\`
    "
  `);
});
