/**
 * The rig: a project in a folder of its own, and the program as people run it.
 *
 * @module
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { execa } from "execa";

const packages = fileURLToPath(new URL("../../", import.meta.url));

/** The program, as it is compiled. */
export const program: string = join(packages, "cli/dist/bin.js");

/** Why the program cannot be run; `undefined` when it can: `npm test` builds first. */
export const whyNot: string | undefined = existsSync(program) ? undefined : "it is not built";

/** What became of the program. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | undefined;
}

/** A project. */
export class Project implements Disposable {
  readonly folder: string;

  /** @param files - By path. */
  constructor(files: Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), "ashlar-cli-"));
    const installed = join(this.folder, "node_modules/@ashlar");
    mkdirSync(installed, { recursive: true });
    for (const name of ["core", "cli"]) symlinkSync(join(packages, name), join(installed, name));
    this.write({ "package.json": `{ "type": "module" }`, ...files });
  }

  /** Lets build files import another of our packages. */
  install(name: string, folder: string): void {
    symlinkSync(join(packages, folder), this.path(`node_modules/@ashlar/${name}`));
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(path)), { recursive: true });
      writeFileSync(this.path(path), text);
    }
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  /** What the program is given of the environment. */
  get env(): Record<string, string> {
    const { PATH = "", HOME = "" } = process.env;
    return { PATH, HOME, ASHLAR_STORE: this.path(".store"), TERM: "xterm-256color" };
  }

  /** Runs the program with its outputs in pipes. */
  async run(
    words: string,
    env: Readonly<Record<string, string>> = {},
    folder = ".",
  ): Promise<Ended> {
    const options = { cwd: this.path(folder), env: { ...this.env, ...env }, extendEnv: false };
    const ended = await execa(process.execPath, [program, ...words.split(" ").filter(Boolean)], {
      ...options,
      reject: false,
      stripFinalNewline: false,
    });
    return { stdout: ended.stdout, stderr: ended.stderr, code: ended.exitCode };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A build file of three stages, of which `lint` fails as long as the source has the word `bad`. */
export const small = `
import { all, out, sh, source, stage, type File, type Tree } from "@ashlar/core";

const copy = stage(
  "copy",
  ({ src }: { src: Tree }) =>
    sh.bash\`echo copying; cat \${src}/a.txt > \${out.file("copied")}\`,
);
const test = stage("test", ({ copied }: { copied: File }) => sh.bash\`grep -q hello \${copied}\`);
const lint = stage(
  "lint",
  ({ copied }: { copied: File }) =>
    sh.bash\`if grep -q bad \${copied}; then echo "found bad words"; exit 3; fi\`,
);

export const { copied } = copy({ src: source("src") });
export const checks = { unit: test({ copied }), lint: lint({ copied }) };
export const both = all({ unit: checks.unit, copied });
`;
