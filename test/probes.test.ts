/**
 * The thirteen probes of `docs/probes.md`: what changes between two builds must show in the second.
 *
 * Real files, real processes, from scratch. After each change, the build that knows the past must export
 * what a build in a new store exports.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { build, out, sh, source, stage, type Report, type Tree } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { expect, onTestFinished, test } from "vitest";

/** What the stage runs unless a probe says otherwise: everything that can be told of its inputs. */
const listing = `
  mkdir -p "$1"
  (cd in/src && find . ! -name . | LC_ALL=C sort | while IFS= read -r path; do
    if [ -L "$path" ]; then echo "$path -> $(readlink "$path")"
    elif [ -d "$path" ]; then echo "$path/"
    elif [ -x "$path" ]; then echo "$path* $(cat "$path")"
    else echo "$path $(cat "$path")"
    fi
  done) > "$1/listing"
  for path in in/src/*.txt; do [ -f "$path" ] && cp "$path" "$1/"; done
  true
`;

/** A project on the disk, and a store that remembers its builds. */
class Project {
  readonly folder: string = fs.mkdtempSync(join(tmpdir(), "ashlar-probe-"));
  readonly #script: string;
  #root = join(this.folder, "project");
  #store = join(this.folder, "store");

  constructor(files: Readonly<Record<string, string>>, script: string = listing) {
    onTestFinished(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.#script = script;
    this.write(files);
  }

  path(path: string): string {
    return join(this.#root, path);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      fs.mkdirSync(dirname(this.path(path)), { recursive: true });
      fs.writeFileSync(this.path(path), text);
    }
  }

  /** Moves the checkout and the store elsewhere. */
  move(): void {
    const place = join(this.folder, "elsewhere", randomUUID());
    fs.mkdirSync(place, { recursive: true });
    fs.renameSync(this.#root, join(place, "project"));
    fs.renameSync(this.#store, join(place, "store"));
    this.#root = join(place, "project");
    this.#store = join(place, "store");
  }

  /** Builds with what earlier builds left, and exports to `out`. */
  async build(): Promise<Report> {
    return await this.#build(this.#store, "out");
  }

  /** What is in `out`. */
  get content(): Content {
    return contentOf(this.path("out"));
  }

  /** What a build from scratch would have put there. */
  async fromScratch(): Promise<Content> {
    const place = join(this.folder, `fresh-${randomUUID()}`);
    await this.#build(`${place}-store`, place);
    return contentOf(place);
  }

  async #build(store: string, place: string): Promise<Report> {
    await using runner = localRunner({ scratch: this.folder, sandbox: "none" });
    const script = this.#script;
    const list = stage(
      "list",
      ({ src }: { src: Tree }) => sh`sh -c ${script} list ${out.tree("made")} ${src}`,
    );
    const made = list({ src: source("src") });
    const report = await build(made, { runner, store, cwd: this.#root });
    await report.export(made, place);
    return report;
  }
}

/** Every path below a folder, with what is there. */
type Content = Readonly<Record<string, string>>;

function contentOf(folder: string): Content {
  const paths = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    paths.map((path) => {
      const full = join(folder, path);
      const isFolder = fs.lstatSync(full).isDirectory();
      return [path, isFolder ? "/" : fs.readFileSync(full, "utf8")] as const;
    }),
  );
}

const files = { "src/a.txt": "first", "src/b.txt": "second" };

test("01: the contents of two input files are swapped", async () => {
  const project = new Project(files);
  await project.build();
  project.write({ "src/a.txt": "second", "src/b.txt": "first" });
  expect((await project.build()).ran).toEqual(["list"]);
  expect(project.content).toEqual(await project.fromScratch());
});

test("02: an input file is renamed", async () => {
  const project = new Project(files);
  await project.build();
  fs.renameSync(project.path("src/a.txt"), project.path("src/c.txt"));
  expect((await project.build()).ran).toEqual(["list"]);
  expect(project.content).toEqual(await project.fromScratch());
  expect(fs.existsSync(project.path("out/a.txt"))).toBe(false);
});

test("03: an input file becomes executable", async () => {
  const project = new Project(files);
  await project.build();
  fs.chmodSync(project.path("src/a.txt"), 0o755);
  expect((await project.build()).ran).toEqual(["list"]);
  expect(project.content).toEqual(await project.fromScratch());
});

test("04: a link among the inputs leads elsewhere", async () => {
  const project = new Project(files);
  fs.symlinkSync("a.txt", project.path("src/link"));
  await project.build();
  fs.rmSync(project.path("src/link"));
  fs.symlinkSync("b.txt", project.path("src/link"));
  expect((await project.build()).ran).toEqual(["list"]);
  expect(project.content).toEqual(await project.fromScratch());
});

test("05: an empty directory appears among the inputs", async () => {
  const project = new Project(files);
  await project.build();
  fs.mkdirSync(project.path("src/empty"));
  expect((await project.build()).ran).toEqual(["list"]);
  expect(project.content).toEqual(await project.fromScratch());
});

test("06: the same project lies elsewhere, and nothing runs again", async () => {
  const project = new Project(files);
  await project.build();
  project.move();
  expect((await project.build()).ran).toEqual([]);
  expect(project.content).toEqual(await project.fromScratch());
});

test("07: an input is edited while the stage runs, and the edit is taken back", async () => {
  // The script itself edits the user's file, so the edit comes when it reads its inputs.
  const place = join(tmpdir(), `ashlar-probe-07-${randomUUID()}`);
  onTestFinished(() => fs.rmSync(place, { force: true }));
  const project = new Project(
    files,
    `[ -e "${place}" ] && echo edited > "$(cat "${place}")"; ${listing}`,
  );
  fs.writeFileSync(place, project.path("src/a.txt"));
  await project.build();
  expect(fs.readFileSync(project.path("src/a.txt"), "utf8")).toBe("edited\n");
  fs.rmSync(place);
  project.write(files);
  await project.build();
  expect(fs.readFileSync(project.path("out/a.txt"), "utf8")).toBe("first");
  expect(project.content).toEqual(await project.fromScratch());
});

test("08: a variable that was not declared changes", async () => {
  const project = new Project(files, 'mkdir -p "$1"; echo "<$ASHLAR_PROBE>" > "$1/seen"');
  onTestFinished(() => void delete process.env["ASHLAR_PROBE"]);
  process.env["ASHLAR_PROBE"] = "one";
  await project.build();
  process.env["ASHLAR_PROBE"] = "two";
  await project.build();
  expect(project.content).toEqual(await project.fromScratch());
  expect(fs.readFileSync(project.path("out/seen"), "utf8")).toBe("<>\n");
});

test("09: a file of the project that was not declared cannot be read, so it cannot go stale", async () => {
  const read = 'mkdir -p "$1"; cat undeclared ../undeclared ../../undeclared > "$1/seen"';
  const project = new Project({ ...files, undeclared: "one" }, read);
  await expect(project.build()).rejects.toMatchObject({
    code: "STAGE_FAILED",
    facts: { log: expect.stringContaining("undeclared") },
  });
});

test("10: a stage runs again to the same bytes, and what uses them does not", async () => {
  const project = new Project(files);
  await using runner = localRunner({ scratch: project.folder });
  const strip = stage(
    "strip",
    ({ src }: { src: Tree }) =>
      sh`sh -c ${"grep -v '^#' $1 > $2"} strip ${src}/a.txt ${out.file("plain")}`,
  );
  const count = stage("count", ({ plain }: ReturnType<typeof strip>) => {
    return sh`sh -c ${"wc -l < $1 > $2"} count ${plain} ${out.file("lines")}`;
  });
  const lines = count(strip({ src: source("src") }));
  const options = { runner, store: join(project.folder, "store"), cwd: project.path(".") };
  await build(lines, options);
  project.write({ "src/a.txt": "# a comment\nfirst" });
  expect(await build(lines, options)).toMatchObject({ ran: ["strip"], reused: ["count"] });
});

test("11: an output is tampered with", async () => {
  const project = new Project(files);
  await project.build();
  fs.writeFileSync(project.path("out/a.txt"), "tampered");
  expect((await project.build()).ran).toEqual([]);
  expect(project.content).toEqual(await project.fromScratch());
});

test("12: an older state comes back, and an output that only the newer one had is gone", async () => {
  const project = new Project(files);
  await project.build();
  project.write({ "src/extra.txt": "newer" });
  await project.build();
  expect(fs.existsSync(project.path("out/extra.txt"))).toBe(true);
  fs.rmSync(project.path("src/extra.txt"));
  expect((await project.build()).ran).toEqual([]);
  expect(fs.existsSync(project.path("out/extra.txt"))).toBe(false);
  expect(project.content).toEqual(await project.fromScratch());
});

test("13: an output is deleted", async () => {
  const project = new Project(files);
  await project.build();
  fs.rmSync(project.path("out"), { recursive: true });
  expect((await project.build()).ran).toEqual([]);
  expect(project.content).toEqual(await project.fromScratch());
});
