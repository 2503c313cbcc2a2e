/**
 * Projects: what there is to build in a directory, and the build file that fits it.
 *
 *     Cargo.toml ─▶ Rust       package.json with scripts ─▶ Node       *.c ─▶ C       else ─▶ an example
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a project was found to be. */
export type Project =
  | { readonly kind: "Rust"; readonly hasLock: boolean }
  | {
      readonly kind: "Node";
      /** Those that check or build something, by name. */
      readonly scripts: Readonly<Record<string, string>>;
      readonly hasDependencies: boolean;
    }
  | { readonly kind: "C"; readonly folder: string; readonly files: readonly string[] }
  | { readonly kind: "nothing known yet" };

/** Scripts that are stages, in the order in which people run them. */
const known = ["typecheck", "lint", "build", "test"];

/** Looks at a directory. Reads its manifest, and runs nothing. */
export function lookAt(folder: string): Project {
  if (existsSync(join(folder, "Cargo.toml"))) {
    return { kind: "Rust", hasLock: existsSync(join(folder, "Cargo.lock")) };
  }
  const manifest = readManifest(join(folder, "package.json"));
  const scripts = Object.fromEntries(
    known.flatMap((name) => {
      const text = manifest?.scripts?.[name];
      // What npm writes for want of a test.
      return text === undefined || text.includes("no test specified") ? [] : [[name, text]];
    }),
  );
  if (Object.keys(scripts).length > 0) {
    const { dependencies = {}, devDependencies = {} } = manifest ?? {};
    const names = Object.keys({ ...dependencies, ...devDependencies });
    const hasDependencies = names.some((name) => !name.startsWith("@ashlar/"));
    return { kind: "Node", scripts, hasDependencies };
  }
  for (const place of [".", "src"]) {
    const files = listC(join(folder, place));
    if (files.length > 0) return { kind: "C", folder: place, files };
  }
  return { kind: "nothing known yet" };
}

/** A build file, and the packages that it needs. */
export interface NewBuildFile {
  readonly text: string;
  readonly packages: readonly string[];
}

/** Writes the build file of a project. */
export function buildFileFor(project: Project): NewBuildFile {
  const packages = ["@ashlar/cli", "@ashlar/core"];
  switch (project.kind) {
    case "Rust":
      return { text: rustFile, packages: [...packages, "@ashlar/cargo"] };
    case "Node":
      return { text: nodeFile(project.scripts, project.hasDependencies), packages };
    case "C":
      return { text: cFile(project.folder, project.files), packages };
    case "nothing known yet":
      return { text: exampleFile, packages };
  }
}

const rustFile = `import { cargo } from "@ashlar/cargo";
import { source } from "@ashlar/core";

const rust = cargo({ src: source(".", { exclude: ["target", "node_modules"] }) });
const cargoArtifacts = rust.buildDepsOnly();

export const crate = rust.buildPackage({ cargoArtifacts });
export const checks = {
  clippy: rust.clippy({ cargoArtifacts, clippyArgs: ["--all-targets", "--", "--deny", "warnings"] }),
  test: rust.test({ cargoArtifacts }),
};
`;

function nodeFile(scripts: Readonly<Record<string, string>>, hasDependencies: boolean): string {
  const plain = Object.entries(scripts).map(([name, text]) => [name, nodeWords(text)] as const);
  const needsNpm = plain.some(([, words]) => words === undefined);
  const tools = needsNpm ? `[tool.node(), tool.host("npm"), tool.host("sh")]` : `[tool.node()]`;
  const stages = plain.map(([name, words]) => {
    const line = words ?? `npm run ${name}`;
    return `const ${name} = stage("${name}", (src: Tree) => sh({ tools, root: { ".": src } })\`${line}\`);`;
  });
  // What git ignores is left out, unless it is where the packages are.
  const options = hasDependencies
    ? `{ gitignore: false, exclude: [".git", "dist"] }`
    : `{ exclude: ["node_modules"] }`;
  return `import { sh, source, stage, tool, type Tree } from "@ashlar/core";

// The programs that commands may use: name here whatever else your scripts start.
const tools = ${tools};
${stages.join("\n")}

const src = source(".", ${options});
export const checks = { ${plain.map(([name]) => `${name}: ${name}(src)`).join(", ")} };
`;
}

/** The words of a script that needs no shell, and starts Node; \`undefined\` for any other. */
function nodeWords(text: string): string | undefined {
  return /^node [\w@%+=:,./ -]+$/.test(text) ? text : undefined;
}

function cFile(folder: string, files: readonly string[]): string {
  const list = files.map((file) => `\${src}/${file}`).join(" ");
  return `import { out, sh, source, stage, type Tree } from "@ashlar/core";

const compile = stage(
  "compile",
  ({ src }: { src: Tree }) => sh\`cc -O2 -Wall -o \${out.file("app")} ${list}\`,
);

export const { app } = compile({ src: source("${folder}", { include: ["**/*.c", "**/*.h"] }).as("src") });
`;
}

const exampleFile = `import { out, sh, source, stage, type File, type Tree } from "@ashlar/core";

// A stage is a command with holes: inputs go in, outputs come out.
const count = stage(
  "count",
  ({ src }: { src: Tree }) => sh.bash\`find \${src} -type f | wc -l > \${out.file("count.txt")}\`,
);
const check = stage("check", ({ counted }: { counted: File }) => sh\`test -s \${counted}\`);

// What is exported can be asked for: \`ashlar build counted\`.
export const counted = count({ src: source(".", { exclude: ["node_modules"] }).as("src") });
export const checks = { counted: check({ counted }) };
`;

interface NodeManifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): NodeManifest | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as NodeManifest;
  } catch {
    return undefined;
  }
}

function listC(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  // Names that a template would take for something else are left to the user.
  return readdirSync(folder)
    .filter((name) => /^[\w.-]+\.c$/.test(name))
    .toSorted();
}
