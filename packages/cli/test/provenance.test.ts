/** `ashlar provenance`: a statement about a target, printed or signed. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";

import { verifyProvenance, type ProvenanceEnvelope, type ProvenanceStatement } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { Project, small, whyNot } from "./rig.ts";

const files = { "ashlar.build.ts": small, "src/a.txt": "hello\n" };

describe.skipIf(whyNot !== undefined)("ashlar provenance", () => {
  test("prints a statement about a target, and the same when nothing has to run", async () => {
    using project = new Project(files);
    const commit = "a".repeat(40);
    const words = `provenance copied --builder https://ci.example/r --invocation 17 --revision git+https://example.org/a@${commit}`;
    const first = await project.run(words, { GITHUB_ACTIONS: "true" });
    expect(first.code).toBe(0);
    const statement = JSON.parse(first.stdout) as ProvenanceStatement;
    expect(statement.subject).toHaveLength(1);
    const { buildDefinition, runDetails } = statement.predicate;
    expect(buildDefinition.externalParameters).toMatchObject({
      target: "copied",
      buildFile: "ashlar.build.ts",
      stage: "copy",
    });
    const names = buildDefinition.resolvedDependencies.map(({ name, uri }) => name ?? uri);
    expect(names).toEqual(
      expect.arrayContaining([
        "build file ashlar.build.ts",
        `git+https://example.org/a@${commit}`,
        "source src",
      ]),
    );
    expect(runDetails.builder.id).toBe("https://ci.example/r");
    expect((await project.run(words)).stdout).toBe(first.stdout);
  });

  test("signs it with a key from a file or from the environment", async () => {
    using project = new Project(files);
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    project.write({ "key.pem": pem });
    const words = "provenance copied --key-id release --output app.json --sign";
    const read = (): ProvenanceEnvelope =>
      JSON.parse(readFileSync(project.path("app.json"), "utf8")) as ProvenanceEnvelope;
    expect(await project.run(`${words} key.pem`)).toMatchObject({ code: 0, stdout: "" });
    const fromFile = read();
    expect(verifyProvenance(fromFile, { release: publicKey }).subject[0]?.name).toBe("copied");
    expect(await project.run(`${words} KEY`, { KEY: pem })).toMatchObject({ code: 0 });
    expect(read()).toEqual(fromFile);
  });

  test("says what is missing before it builds", async () => {
    using project = new Project(files);
    for (const [words, said] of [
      ["--sign KEY", "`--sign` needs the id of the key"],
      ["--sign KEY --key-id k", "there is no file and no variable `KEY`"],
    ]) {
      const { code, stderr } = await project.run(`provenance copied ${words}`);
      expect(code).toBe(2);
      expect(stderr).toContain(said);
      expect(stderr).not.toContain("copy");
    }
    const { code, stderr } = await project.run("provenance checks");
    expect([code, stderr]).toEqual([2, expect.stringContaining("one file or tree")]);
  });
});
