/**
 * What stages can say, shown on real commands. The pieces marked `docs` are the snippets of
 * `docs/stages.md`, which `-u` writes anew.
 *
 * @module
 */
/* oxlint-disable no-shadow -- a page shows names as users give them, in the script and in the body alike */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  attempt,
  build,
  cache,
  digestBytes,
  dynamic,
  exec,
  fetch,
  fn,
  json,
  matrix,
  merge,
  out,
  plan,
  runners,
  secret,
  seq,
  sh,
  source,
  stage,
  text,
  tool,
  tryBuild,
  validate,
  volatile,
  writable,
  type File,
  type Report,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { renderPage } from "./rig/snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-stages-"));
const files = {
  "src/main.sh": "#!/bin/sh\necho main $1\n",
  "src/lib/a.sh": "echo a\n",
  "src/notes.txt": "first\nsecond\n",
  names: "ada\ngrace\n",
};
const src = source("src");
const runner = localRunner({ scratch: folder });

beforeAll(() => {
  mkdirSync(join(folder, "src/lib"), { recursive: true });
  for (const [path, content] of Object.entries(files)) writeFileSync(join(folder, path), content);
});

afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const options = { runner, store: join(folder, "store"), cwd: folder };
const make = async (targets: Targets): Promise<Report> => await build(targets, options);

describe("docs/stages.md", () => {
  test("shows commands", async () => {
    // docs: commands
    const count = stage(
      "count",
      ({ src }: { src: Tree }) => sh({ root: { src }, cwd: "src" })`wc -l notes.txt lib/a.sh`,
    );

    const upper = stage(
      "upper",
      ({ notes }: { notes: File }) => sh.bash`tr a-z A-Z < ${notes} > ${out.file("loud.txt")}`,
    );

    const pack = stage("pack", ({ src, files }: { src: Tree; files: readonly string[] }) =>
      exec(["tar", "-cf", out.file("src.tar"), "-C", src, ...files]),
    );
    // docs end
    const loud = upper({ notes: src.file("notes.txt") });
    const packed = pack({ src, files: ["notes.txt"] });
    const report = await make([loud, packed, count({ src })]);
    expect(await report.text(loud)).toBe("FIRST\nSECOND\n");
  });

  test("shows inputs", async () => {
    const bytes = Buffer.from("fetched\n");
    const server = createServer((_, response) => response.end(bytes)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list.txt`;
    const sha256 = digestBytes(bytes).slice(0, 64);
    // docs: inputs
    const config = json({ level: 2, names: ["ada"] }); // or text("..."), with `executable` if need be
    const list = fetch(url, { sha256 }); // without the digest, an error prints it
    const scripts = src.pick("**/*.sh").without("lib/**"); // views cost no process
    const site = merge({ ".": scripts, "data/list.txt": list, "config.json": config });

    const show = stage(
      "show",
      ({ site }: { site: Tree }) =>
        sh({
          root: { site },
          outputs: { listing: out.file("listing") },
        })`sh -c ${"find site -type f | sort > listing"}`,
    );

    const bump = stage(
      "bump",
      ({ site }: { site: Tree }) =>
        sh({
          root: { site: writable(site) },
          outputs: { site: out.tree("site") },
        })`rm site/config.json`,
    );
    // docs end
    const listing = show({ site });
    const bumped = bump({ site });
    const report = await make([listing, bumped]);
    server.close();
    expect(await report.text(listing)).toBe("site/config.json\nsite/data/list.txt\nsite/main.sh\n");
    expect(await report.list(bumped)).toEqual(["data/list.txt", "main.sh"]);
  });

  test("shows places", async () => {
    const containers = mockRunner().on("packed", {}).on("debian", {});
    const farm = mockRunner().on("trained", {});
    // docs: places
    const packed = stage("packed", ({ root }: { root: Tree }) => sh({ image: root })`ls /bin`);
    const debian = stage("debian", () => sh({ image: "debian:12" })`cat /etc/os-release`);
    const trained = stage("trained", () => sh({ label: "gpu" })`nvidia-smi`);

    const router = runners({
      default: runner,
      byImage: containers, // await containerRunner()
      byLabel: { gpu: farm },
    });
    // docs end
    const targets = [packed({ root: src }), debian(), trained()];
    expect((await build(targets, { ...options, runner: router })).ran).toHaveLength(3);
  });

  test("shows surroundings", async () => {
    process.env["DEPLOY_TOKEN"] = "s3cret-t0ken";
    // docs: surroundings
    const script = 'echo "built $VERSION, run $RUN" > "$1"; echo "$TOKEN"; date > .cache/last';

    const release = stage(
      "release",
      ({ version }: { version: string }) =>
        sh({
          root: { ".cache": cache("release") }, // survives from run to run, in no key
          env: {
            VERSION: version, // in the key: another one runs the stage again
            RUN: volatile(process.env["CI_RUN"] ?? "local"), // seen, and in no key
            TOKEN: secret("DEPLOY_TOKEN"), // in no key, log, event or output
          },
          tools: [tool.host("sh"), tool.host("date")], // nothing else is on PATH
        })`sh -c ${script} release ${out.file("note")}`,
    );
    // docs end
    const note = release({ version: "1.2" });
    const report = await make(note);
    expect(await report.text(note)).toBe("built 1.2, run local\n");
    expect(await report.log(report.stages[0]!)).toBe("***\n");
  });

  test("shows outcomes", async () => {
    // docs: outcomes
    // Any exit code is a result, and data for others.
    const lint = stage("lint", ({ src }: { src: Tree }) => attempt(sh`grep -rn second ${src}`));
    const { exitCode, stdout } = lint({ src });

    const flaky = stage(
      "flaky",
      () => sh({ retries: { times: 3, delayMs: 10, backoff: 2 }, timeoutMs: 60_000 })`true`,
    );

    const heavy = stage("heavy", () => sh({ resources: { cpu: 1, memory: 2 ** 20 } })`true`);

    // In every build, once, and never from a store.
    const deploy = stage(
      "deploy",
      ({ src }: { src: Tree }) => sh({ sideEffects: true })`rsync -a ${src}/ web:/srv/site`,
    );
    // docs end
    const report = await make([exitCode, stdout, flaky(), heavy()]);
    expect(await report.text(exitCode)).toBe("0\n");
    expect(await report.text(stdout)).toContain("notes.txt:2:second");
    // There is no such server here; but what it would run, it would run in each build.
    expect((await plan(deploy({ src }), options)).named("run")).toEqual(["deploy"]);
  });

  test("shows remarks", async () => {
    // docs: remarks
    const count = stage(
      "count",
      ({ src }: { src: Tree }) =>
        sh({
          remarks: (log) =>
            [...log.matchAll(/^ *(\d+) (.*\.sh)$/gm)].map(([, lines, file = ""]) => ({
              kind: "length", // for programs
              subject: file,
              text: `${file} has ${lines} lines`, // for people
              severity: Number(lines) > 1 ? "warning" : "note",
            })),
        })`wc -l ${src}/main.sh ${src}/lib/a.sh`,
    );
    // docs end
    const report = await make(count({ src }));
    expect(await report.remarks(report.stages[0]!)).toEqual([
      expect.objectContaining({ subject: "in/src/main.sh", severity: "warning" }),
      expect.objectContaining({ text: "in/src/lib/a.sh has 1 lines", severity: "note" }),
    ]);
  });

  test("shows order", async () => {
    const step = (name: string) => stage(name, () => sh`true`)();
    const [first, second, third] = [step("first"), step("second"), step("third")];
    const app = stage("app", () => sh`cp /dev/null ${out.file("app")}`)();
    const use = stage("use", ({ app: it }: { app: File }) => sh`test -f ${it}`);
    // docs: order
    const side = all({ first, second }); //              as soon as their inputs are there
    const strict = seq({ first, second, third }); //     each only if the one before has passed
    const late = third.after(side); //                   order without content
    const checked = validate(app, use({ app })); //      its users do not wait for the check
    // docs end
    const report = await make([side, strict, late, checked]);
    expect(report.ok).toBe(true);
  });

  test("shows many", async () => {
    // docs: many
    const greet = stage(
      "greet",
      ({ name, mark = "" }: { name: string; mark?: string }) =>
        sh.bash`echo hello ${name}${mark} > ${out.file("greeting")}`,
    );

    const cells = matrix({ name: ["ada", "grace"], mark: ["!", "?"] }, (cell) => greet(cell));
    const one = cells.get({ name: "ada", mark: "!" });

    // The graph may follow from content: the body runs once its inputs are there.
    const everyone = dynamic("everyone", { names: source.file("names") }, async ({ names }) => {
      const list = (await names.text()).trim().split("\n");
      return all(Object.fromEntries(list.map((name) => [name, greet({ name })])));
    });
    // docs end
    const report = await make([one, everyone]);
    expect(await report.text(one)).toBe("hello ada!\n");
    expect(report.expanded).toEqual(["everyone"]);
  });

  test("shows functions", async () => {
    // docs: functions
    const shout = stage("shout", ({ notes }: { notes: File }) =>
      fn({
        inputs: { notes },
        captures: { mark: "!" }, // all that it uses of the script; anything else is an error
        outputs: { loud: out.file("loud.txt") },
        run: async ({ inputs, captures, out: places }) => {
          const { readFile, writeFile } = await import("node:fs/promises");
          const words = await readFile(inputs.notes, "utf8");
          await writeFile(places.loud, words.trim().toUpperCase() + captures.mark);
        },
      }),
    );
    // docs end
    const loud = shout({ notes: src.file("notes.txt") });
    expect(await (await make(loud)).text(loud)).toBe("FIRST\nSECOND!");
  });

  test("shows what to ask of a build", async () => {
    const targets = text("a").as("it");
    // docs: asking
    const report = await tryBuild(targets, {
      runner,
      store: join(folder, "store"), // else ASHLAR_STORE, else the platform's place for caches
      cwd: folder, // where relative sources and exports start
      slots: 4, // commands at once; `resources: { db: 1 }` for amounts of other things
      keepGoing: true, // what does not depend on a failure still runs
      signal: AbortSignal.timeout(600_000),
      onEvent: (event) => void event,
    });
    // docs end
    expect(report.ok).toBe(true);
  });

  test("is as its snippets are", async () => {
    await expect(renderPage("stages.md")).toMatchFileSnapshot("../docs/stages.md");
  });
});
