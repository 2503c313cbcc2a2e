/**
 * Provenance: what a statement says of an artifact, and that it is a statement as others read them.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  build,
  dynamic,
  merge,
  out,
  secret,
  seq,
  sh,
  signProvenance,
  source,
  stage,
  text,
  tool,
  verifyProvenance,
  type ProvenanceEnvelope,
  type ProvenanceStatement,
  type ResourceDescriptor,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** What the specifications of in-toto statements and of SLSA provenance ask of every statement. */
function checkForm(statement: ProvenanceStatement): void {
  // As it is read by others: unset and absent are the same.
  const read = JSON.parse(JSON.stringify(statement)) as ProvenanceStatement;
  expect(read).toEqual(statement);
  const { buildDefinition, runDetails } = statement.predicate;
  expect(statement["_type"]).toBe("https://in-toto.io/Statement/v1");
  expect(statement.predicateType).toBe("https://slsa.dev/provenance/v1");
  expect(statement.subject.length).toBeGreaterThan(0);
  const names = statement.subject.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { digest } of statement.subject) expect(Object.keys(digest)).not.toEqual([]);
  const uris = [buildDefinition.buildType, runDetails.builder.id];
  expect(uris.every((uri) => URL.canParse(uri))).toBe(true);
  const descriptors = [
    ...statement.subject,
    ...buildDefinition.resolvedDependencies,
    ...runDetails.byproducts,
  ];
  for (const each of descriptors) checkDescriptor(each);
  const external = Object.keys(buildDefinition.externalParameters);
  const internal = Object.keys(buildDefinition.internalParameters);
  expect(external.filter((name) => internal.includes(name))).toEqual([]);
  const { startedOn, finishedOn } = runDetails.metadata;
  for (const time of [startedOn, finishedOn]) {
    if (time !== undefined) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  }
}

function checkDescriptor({ uri, digest, content, annotations }: ResourceDescriptor): void {
  expect([uri, digest, content].some((each) => each !== undefined)).toBe(true);
  expect(uri === undefined || URL.canParse(uri)).toBe(true);
  for (const value of Object.values(digest ?? {})) expect(value).toMatch(/^[0-9a-f]{64}$/);
  for (const name of Object.keys(annotations ?? {})) expect(name).toMatch(/^ashlar_/);
}

/** Two stages over a source and a text, built once. */
async function linked(rig: BuildRig) {
  rig.write({ "src/main.c": "int main() { return 0; }", "src/lib/a.c": "int a;" });
  const src = source("src");
  const [object, compile] = rig.stage(
    { name: "compile", args: ["-O2"] },
    { src, "flags.txt": text("-g") },
    "main.o",
  );
  const [app, link] = rig.stage("link", { "main.o": object }, "app");
  const building = rig.build(app);
  (await compile.next()).exit({ "main.o": "machine code" });
  rig.clock.advance(1500);
  (await link.next()).exit({ app: "executable" });
  return { app, object, report: await building };
}

test("a statement says what an artifact was made of, by whom and when", async () => {
  await using rig = await BuildRig.create();
  const { app, report } = await linked(rig);
  const statement = await report.provenance(app, {
    builder: "https://ci.example/runners/release",
    invocation: "https://ci.example/runs/17",
    parameters: { target: "app" },
    dependencies: [
      { uri: "git+https://example.org/app@refs/tags/v1", digest: { gitCommit: "c".repeat(40) } },
    ],
  });
  expect(statement).toMatchInlineSnapshot(`
    {
      "_type": "https://in-toto.io/Statement/v1",
      "predicate": {
        "buildDefinition": {
          "buildType": "https://github.com/ashlar/ashlar/blob/main/docs/provenance.md#v1",
          "externalParameters": {
            "arguments": [],
            "artifact": "link.app",
            "stage": "link",
            "target": "app",
          },
          "internalParameters": {
            "keyVersion": "ashlar-1",
            "stages": [
              {
                "action": "4fcd7083b9a4acc3fe66d2a69046b252258a97805fd34e25e6f0ad1a0d01bfba/181",
                "arguments": [
                  "compile",
                  "-O2",
                ],
                "environment": {},
                "finishedOn": "1970-01-01T00:16:41.500Z",
                "inputs": {
                  "flags.txt": "text",
                  "src": "source src",
                },
                "name": "compile",
                "notInKey": [],
                "outputs": [
                  "main.o",
                ],
                "platform": {
                  "runner": "mock",
                },
                "ranBy": "mock/mock",
                "startedOn": "1970-01-01T00:16:40.000Z",
                "tools": [],
                "workingDirectory": "",
              },
              {
                "action": "b56c2b750d90254921121429796236c077364d03bf7cc28ac2c9c69f177f0de2/180",
                "arguments": [
                  "link",
                ],
                "environment": {},
                "finishedOn": "1970-01-01T00:16:41.500Z",
                "inputs": {
                  "main.o": "compile.main.o",
                },
                "name": "link",
                "notInKey": [],
                "outputs": [
                  "app",
                ],
                "platform": {
                  "runner": "mock",
                },
                "ranBy": "mock/mock",
                "startedOn": "1970-01-01T00:16:41.500Z",
                "tools": [],
                "workingDirectory": "",
              },
            ],
          },
          "resolvedDependencies": [
            {
              "digest": {
                "gitCommit": "cccccccccccccccccccccccccccccccccccccccc",
              },
              "uri": "git+https://example.org/app@refs/tags/v1",
            },
            {
              "digest": {
                "dirHash1": "32142e7d22da4d3d7be7463ae764707ae3cfeaa164124869bba825a1f365fc5c",
                "reapiDirectory": "910c59d535161a757a0088726a32ae37a4764a0a16766897968e698cbcea9993",
              },
              "name": "source src",
            },
            {
              "digest": {
                "sha256": "e34b6f1266cf79b5e6ed49b1038dbe26f8da6d09bb556143ca2e4fb0a4ad065c",
              },
              "name": "text",
            },
          ],
        },
        "runDetails": {
          "builder": {
            "id": "https://ci.example/runners/release",
            "version": {
              "keys": "ashlar-1",
            },
          },
          "byproducts": [],
          "metadata": {
            "finishedOn": "1970-01-01T00:16:41.500Z",
            "invocationId": "https://ci.example/runs/17",
            "startedOn": "1970-01-01T00:16:40.000Z",
          },
        },
      },
      "predicateType": "https://slsa.dev/provenance/v1",
      "subject": [
        {
          "digest": {
            "sha256": "a29c2123a01df1d0febb9d308a20d8a2fe3d40a91ca8b1294f59f08f9773ebea",
          },
          "name": "app",
        },
      ],
    }
  `);
});

test("a build that reuses everything gives the same statement, and so does another checkout", async () => {
  await using rig = await BuildRig.create();
  const { app, report } = await linked(rig);
  const first = await report.provenance(app);
  checkForm(first);
  const again = await rig.build(app);
  expect(again.ran).toEqual([]);
  expect(await again.provenance(app)).toEqual(first);

  await using other = await BuildRig.create();
  const elsewhere = await linked(other);
  expect(await elsewhere.report.provenance(elsewhere.app)).toEqual(first);
  expect(JSON.stringify(first)).not.toContain(rig.folder);
});

test("another byte of a source is another statement", async () => {
  await using rig = await BuildRig.create();
  const { app, report } = await linked(rig);
  const first = await report.provenance(app);
  rig.write({ "src/lib/a.c": "int b;" });
  const report2 = await rig.buildEmpty(app);
  const second = await report2.provenance(app);
  const sourceIn = ({ predicate }: ProvenanceStatement): unknown =>
    predicate.buildDefinition.resolvedDependencies.find(({ name }) => name === "source src");
  expect(sourceIn(second)).not.toEqual(sourceIn(first));
});

describe("trees", () => {
  const files = { "site/index.html": "<p>", "site/assets/b.css": "p {}", "site/assets/a.css": "" };

  test("each file of a tree is a subject, by its path", async () => {
    await using rig = await BuildRig.create();
    rig.write(files);
    rig.link("site/link", "index.html");
    const site = source("site");
    const report = await rig.buildEmpty(site);
    const statement = await report.provenance(site);
    checkForm(statement);
    expect(statement.subject.map(({ name }) => name)).toEqual([
      "assets/a.css",
      "assets/b.css",
      "index.html",
    ]);
    const digests = sums(rig.project, "site").map((line) => line.split("  ")[0]);
    expect(statement.subject.map(({ digest }) => digest["sha256"])).toEqual(digests);
  });

  test("or the tree as a whole, by digests that `sha256sum` can compute", async () => {
    await using rig = await BuildRig.create();
    rig.write(files);
    const site = source("site");
    const statement = await (
      await rig.buildEmpty(site)
    ).provenance(site, {
      subject: "tree",
    });
    checkForm(statement);
    const listed = sums(rig.project, "site").join("\n");
    const input = `${listed}\n`;
    const whole = execFileSync("sha256sum", { input, encoding: "utf8" }).slice(0, 64);
    expect(statement.subject).toEqual([
      {
        name: "site",
        digest: { dirHash1: whole, reapiDirectory: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ]);
  });

  test("an empty tree is a subject as well", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "empty/none/": "" });
    const tree = source("empty");
    const statement = await (await rig.buildEmpty(tree)).provenance(tree);
    checkForm(statement);
    expect(statement.subject.map(({ name }) => name)).toEqual(["empty"]);
  });
});

/** What `sha256sum` says of the files of a folder, in the order of their paths. */
function sums(cwd: string, folder: string): string[] {
  const command = `cd "$1" && find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum`;
  const words = ["-c", command, "sh", folder];
  return execFileSync("sh", words, { cwd, encoding: "utf8" }).trim().split("\n");
}

test("what is only waited for, or stands beside, is not in it", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a", "other/b": "b" });
  const lint = stage("lint", ({ src }: { src: Tree }) => sh`lint ${src}`);
  const pack = stage("pack", ({ src }: { src: Tree }) => sh`pack ${src} ${out.file("pkg")}`);
  const pkg = pack({ src: source("src") });
  const checks = seq({ lint: lint({ src: source("other") }), pkg });
  const report = await rig.buildEmpty(checks);
  // Asked about by the handle that the user has, of which `seq` has made a copy.
  const statement = await report.provenance(pkg);
  checkForm(statement);
  expect(stagesOf(statement)).toEqual(["pack"]);
  expect(namesOf(statement)).toEqual(["source src"]);
});

test("merges, views, images and tools of artifacts are followed down to what nobody made", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a", "tools/bin/gen": "", "data/x.json": "{}" });
  rig.chmod("tools/bin/gen", 0o755);
  const prepare = stage(
    "build-tools",
    ({ from }: { from: Tree }) => sh`make ${from} ${out.tree("t")}`,
  );
  const tools = prepare({ from: source("tools") });
  const use = stage(
    "use",
    () =>
      sh({
        root: { all: merge({ a: source("src").file("a"), t: tools, x: text("x").as("x") }) },
      })`use ${out.file("o")}`,
  );
  const made = use();
  const report = await rig.buildEmpty(all({ made, json: source.file("data/x.json") }));
  const statement = await report.provenance(made);
  checkForm(statement);
  expect(stagesOf(statement)).toEqual(["build-tools", "use"]);
  expect(namesOf(statement)).toEqual(["source src", "source tools", "text x"]);
  // A file of the disk stands for itself.
  const file = await report.provenance(source.file("data/x.json"));
  checkForm(file);
  expect([stagesOf(file), namesOf(file)]).toEqual([[], ["source data/x.json"]]);
  expect(file.predicate.runDetails.metadata).toEqual({});
});

test("what a dynamic stage has described is in it, and what it read", async () => {
  await using rig = await BuildRig.create();
  rig.write({ list: "a\nb\n", "src/a": "a" });
  const make = stage("make", ({ name }: { name: string }) => sh`make ${name} ${out.file("o")}`);
  const every = dynamic.tree("every", { list: source.file("list") }, async ({ list }) => {
    const names = (await list.text()).trim().split("\n");
    return merge(Object.fromEntries(names.map((name) => [name, make({ name })])));
  });
  const report = await rig.buildEmpty(every);
  const statement = await report.provenance(every);
  checkForm(statement);
  expect(stagesOf(statement).toSorted()).toEqual(["every", "make", "make#2"]);
  expect(namesOf(statement)).toContain("source list");
});

test("no secret is in it, and no value that is in no key", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const publish = stage(
    "publish",
    ({ src, token }: { src: Tree; token: ReturnType<typeof secret> }) =>
      sh({ env: { TOKEN: token } })`publish ${src} ${out.file("receipt")}`,
  );
  const receipt = publish({
    src: source("src"),
    token: secret("TOKEN", { from: () => "hunter2" }),
  });
  const report = await rig.buildEmpty(receipt);
  const statement = await report.provenance(receipt);
  checkForm(statement);
  const said = JSON.stringify(statement);
  expect(said).not.toContain("hunter2");
  expect(statement.predicate.buildDefinition.externalParameters["arguments"]).toEqual([
    { src: "source src", token: "<secret TOKEN>" },
  ]);
});

test("host tools are there with what tells their versions apart, and results with their sandbox", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-provenance-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "x"), "x");
  await using runner = localRunner({ sandbox: "none" });
  const tools = [tool.host("cp"), tool.host("node", { version: ["--version"] })];
  const made = stage("copy", () => sh({ tools })`cp ${source.file("x")} ${out.file("o")}`)();
  const report = await build(made, { runner, store: join(folder, "store"), cwd: folder });
  const statement = await report.provenance(made);
  checkForm(statement);
  const { resolvedDependencies, internalParameters } = statement.predicate.buildDefinition;
  expect(resolvedDependencies.slice(1)).toEqual([
    { name: "tool cp", uri: "pkg:generic/cp", digest: { sha256: expect.any(String) } },
    {
      name: "tool node",
      uri: "pkg:generic/node",
      annotations: { ashlar_version: expect.stringMatching(/^v\d+/) },
    },
  ]);
  expect(internalParameters["stages"]).toMatchObject([{ ranBy: "local/declared" }]);
});

test("what the build has not made, and options that make no sense, are refused", async () => {
  await using rig = await BuildRig.create();
  const { app, report } = await linked(rig);
  const [other] = rig.stage("other", {}, "o");
  await expect(report.provenance(other)).rejects.toMatchObject({ code: "ARTIFACT_NOT_BUILT" });
  await expect(report.provenance(app, { builder: "me" })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

function stagesOf({ predicate }: ProvenanceStatement): string[] {
  const { stages } = predicate.buildDefinition.internalParameters;
  return (stages as { name: string }[]).map(({ name }) => name);
}

function namesOf({ predicate }: ProvenanceStatement): (string | undefined)[] {
  const { resolvedDependencies } = predicate.buildDefinition;
  return resolvedDependencies.map(({ name }) => name);
}

describe("envelopes", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const signing = { keyId: "release", key: privateKey };
  const statement: ProvenanceStatement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "app", digest: { sha256: "a".repeat(64) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        ...{ buildType: "https://example.org/t", externalParameters: {}, internalParameters: {} },
        resolvedDependencies: [],
      },
      runDetails: {
        builder: { id: "https://example.org/b", version: {} },
        ...{ metadata: {}, byproducts: [] },
      },
    },
  };
  const envelope = signProvenance(statement, signing);

  test("a statement comes back from an envelope that a trusted key has signed", () => {
    expect(envelope.payloadType).toBe("application/vnd.in-toto+json");
    expect(verifyProvenance(envelope, { release: publicKey })).toEqual(statement);
    expect(signProvenance(statement, signing)).toEqual(envelope);
  });

  test("what is signed is what DSSE says", () => {
    // As others would sign it, by the text of its specification.
    const body = Buffer.from(envelope.payload, "base64");
    const type = envelope.payloadType;
    const said = Buffer.from(`DSSEv1 ${type.length} ${type} ${body.byteLength} ${body.toString()}`);
    const sig = sign(undefined, said, privateKey).toString("base64");
    expect(envelope.signatures).toEqual([{ keyid: "release", sig }]);
  });

  test("one of several signatures is enough, and an unknown one does not matter", () => {
    const other = generateKeyPairSync("ed25519");
    const theirs = signProvenance(statement, { keyId: "other", key: other.privateKey });
    const both = { ...envelope, signatures: [...theirs.signatures, ...envelope.signatures] };
    expect(verifyProvenance(both, { release: publicKey })).toEqual(statement);
  });

  test("a signature without the id of a key may be of any that is trusted", () => {
    const other = generateKeyPairSync("ed25519");
    const sig = envelope.signatures[0]?.sig ?? "";
    const trusted = { other: other.publicKey, release: publicKey };
    for (const signatures of [[{ sig }], [{ keyid: "", sig }], [{ sig: "AAAA" }, { sig }]]) {
      const unnamed = { ...envelope, signatures };
      expect(verifyProvenance(unnamed, trusted)).toEqual(statement);
      const attempt = (): unknown => verifyProvenance(unnamed, { other: other.publicKey });
      expect(attempt).toThrow("it is signed with a key that is not trusted, or was changed");
    }
  });

  test("nothing of it can be changed", () => {
    const forge = (changes: Partial<ProvenanceEnvelope>): unknown =>
      verifyProvenance({ ...envelope, ...changes }, { release: publicKey });
    fc.assert(
      fc.property(
        fc.nat(envelope.payload.length - 5),
        fc.constantFrom("A", "z", "0"),
        (at, letter) => {
          const { payload } = envelope;
          fc.pre(payload[at] !== letter);
          const forged = payload.slice(0, at) + letter + payload.slice(at + 1);
          expect(() => forge({ payload: forged })).toThrow("its signature is wrong");
        },
      ),
    );
    expect(() => forge({ payloadType: "application/json" })).toThrow("`application/json`");
    expect(() => forge({ signatures: [] })).toThrow("it is not signed");
    expect(() => verifyProvenance(envelope, {})).toThrow('the key "release", which is not trusted');
    const odd = [
      { ...envelope, signatures: [null] },
      { ...envelope, signatures: [{ keyid: 7, sig: "" }] },
      { ...envelope, signatures: [{ keyid: "release" }] },
      { ...envelope, payload: 7 },
    ];
    const rest: unknown[] = [{}, null, ...odd];
    for (const each of rest) {
      const attempt = (): unknown =>
        verifyProvenance(each as ProvenanceEnvelope, { release: publicKey });
      expect(attempt).toThrow("it is no signed envelope");
    }
  });

  test("other things that the key has signed are no statements", () => {
    const other = signProvenance({ hello: 1 } as unknown as ProvenanceStatement, signing);
    expect(() => verifyProvenance(other, { release: publicKey })).toThrow("something else");
  });
});
