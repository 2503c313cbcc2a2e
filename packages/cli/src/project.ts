/**
 * Projects: what there is to build in a directory, and the build file that fits it.
 *
 *     Cargo.toml ─▶ Rust       package.json with scripts ─▶ Node       else *.c ─▶ C       else ─▶ an example
 *
 * A directory may be several at once: then the file has a section for each.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One thing that a project was found to be. */
export type Part =
  | {
      readonly kind: "Rust";
      readonly hasLock: boolean;
      /** Whether git ignores the lock file, as it does in many libraries. */
      readonly ignoresLock?: boolean;
    }
  | {
      readonly kind: "Node";
      /** Those that check or build something, by name. */
      readonly scripts: Readonly<Record<string, string>>;
      readonly hasDependencies: boolean;
    }
  | { readonly kind: "C"; readonly folder: string; readonly files: readonly string[] };

/** Scripts that are stages, in the order in which people run them. */
const known = ["typecheck", "lint", "build", "test"];

/** Looks at a directory. Reads its manifests, and runs nothing. Empty when nothing known is there. */
export function lookAt(folder: string): readonly Part[] {
  const parts: Part[] = [];
  if (existsSync(join(folder, "Cargo.toml"))) {
    const hasLock = existsSync(join(folder, "Cargo.lock"));
    const ignoresLock = /^\/?(\*\*\/)?Cargo\.lock\s*$/m.test(textAt(join(folder, ".gitignore")));
    parts.push({ kind: "Rust", hasLock, ...(ignoresLock && { ignoresLock }) });
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
    parts.push({ kind: "Node", scripts, hasDependencies });
  }
  if (parts.length > 0) return parts;
  for (const place of [".", "src"]) {
    const files = listC(join(folder, place));
    if (files.length > 0) return [{ kind: "C", folder: place, files }];
  }
  return [];
}

/** A build file, and the packages that it needs. */
export interface NewBuildFile {
  readonly text: string;
  readonly packages: readonly string[];
}

/** What a part adds to a build file. */
interface Section {
  /** What it takes from the core. */
  readonly names: readonly string[];
  /** Other imports, and the packages that they are from. */
  readonly imports?: string;
  readonly packages?: readonly string[];
  readonly text: string;
  /** What is exported as `checks`, by name. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Writes the build file of a project. */
export function buildFileFor(parts: readonly Part[]): NewBuildFile {
  const isOne = parts.length < 2;
  const sections = parts.length === 0 ? [example] : parts.map((part) => sectionOf(part, isOne));
  const names = new Set(sections.flatMap((section) => section.names));
  const imports = sections.flatMap((section) => section.imports ?? []);
  const sorted = [...names].toSorted((a, b) => (plain(a) < plain(b) ? -1 : 1));
  const groups = sections.map(({ checks }, at): readonly [string, Section["checks"]] => {
    return [(parts[at]?.kind ?? "").toLowerCase(), checks];
  });
  const lines = groups
    .filter(([, checks]) => Object.keys(checks).length > 0)
    .map(([name, checks]) => (isOne ? recordLines(checks, "  ") : nested(name, checks)));
  const text = [
    [...imports, `import { ${sorted.join(", ")} } from "@ashlar/core";`].join("\n"),
    ...sections.map((section) => section.text.trimEnd()),
    ...(lines.length === 0 ? [] : [`export const checks = {\n${lines.join("\n")}\n};`]),
  ].join("\n\n");
  const packages = sections.flatMap((section) => section.packages ?? []);
  return { text: `${text}\n`, packages: ["@ashlar/cli", "@ashlar/core", ...packages] };
}

/** Values before types, as formatters put them. */
function plain(name: string): string {
  return name.startsWith("type ") ? `~${name}` : name;
}

function recordLines(record: Readonly<Record<string, string>>, indent: string): string {
  return Object.entries(record)
    .map(([name, value]) => `${indent}${name}: ${value},`)
    .join("\n");
}

function nested(name: string, checks: Section["checks"]): string {
  return `  ${name}: {\n${recordLines(checks, "    ")}\n  },`;
}

function sectionOf(part: Part, isOne: boolean): Section {
  switch (part.kind) {
    case "Rust":
      return rustSection(part);
    case "Node":
      return nodeSection(part, isOne);
    case "C":
      return cSection(part.folder, part.files);
  }
}

function rustSection({ ignoresLock = false }: Part & { readonly kind: "Rust" }): Section {
  const options = ignoresLock
    ? `{ gitignore: false, exclude: [".git", "target", "node_modules"] }`
    : `{ exclude: ["target", "node_modules"] }`;
  const note = ignoresLock ? "// Git ignores Cargo.lock, and a build needs it.\n" : "";
  return {
    names: ["source"],
    imports: `import { cargo } from "@ashlar/cargo";`,
    packages: ["@ashlar/cargo"],
    text: `${note}const rust = cargo({ src: source(".", ${options}) });
const cargoArtifacts = rust.buildDepsOnly();
export const crate = rust.buildPackage({ cargoArtifacts });
`,
    checks: {
      clippy: `rust.clippy({ cargoArtifacts, clippyArgs: ["--all-targets", "--", "--deny", "warnings"] })`,
      test: "rust.test({ cargoArtifacts })",
    },
  };
}

function nodeSection(
  { scripts, hasDependencies }: Part & { readonly kind: "Node" },
  isOne: boolean,
): Section {
  const all = Object.entries(scripts).map(([name, text]) => [name, nodeWords(text)] as const);
  const needsNpm = all.some(([, words]) => words === undefined);
  const tools = needsNpm ? `[tool.node(), tool.host("npm"), tool.host("sh")]` : `[tool.node()]`;
  const stages = all.map(([name, words]) => {
    const line = words ?? `npm run ${name}`;
    return `const ${name} = stage("${name}", (src: Tree) => sh({ tools, root: { ".": src } })\`${line}\`);`;
  });
  // What git ignores is left out, unless it is where the packages are; and what describes the build, unless it is looked at.
  const isLookedAt = "lint" in scripts || "typecheck" in scripts;
  const left = [
    ...(hasDependencies ? [".git", "dist"] : ["node_modules"]),
    ...(isLookedAt ? [] : ["ashlar.build.ts"]),
    ...(isOne ? [] : ["target"]),
  ];
  const exclude = left.map((each) => `"${each}"`).join(", ");
  const options = `{ ${hasDependencies ? "gitignore: false, " : ""}exclude: [${exclude}] }`;
  return {
    names: ["sh", "source", "stage", "tool", "type Tree"],
    text: `// The programs that scripts may use: name here whatever else they start.
const tools = ${tools};
${stages.join("\n")}
const src = source(".", ${options});
`,
    checks: Object.fromEntries(all.map(([name]) => [name, `${name}(src)`])),
  };
}

/** The words of a script that needs no shell, and starts Node; \`undefined\` for any other. */
function nodeWords(text: string): string | undefined {
  return /^node [\w@%+=:,./ -]+$/.test(text) ? text : undefined;
}

function cSection(folder: string, files: readonly string[]): Section {
  const list = files.map((file) => `\${src}/${file}`).join(" ");
  return {
    names: ["out", "sh", "source", "stage", "type Tree"],
    text: `const compile = stage(
  "compile",
  ({ src }: { src: Tree }) => sh\`cc -O2 -Wall -o \${out.file("app")} ${list}\`,
);

export const { app } = compile({ src: source("${folder}", { include: ["**/*.c", "**/*.h"] }).as("src") });
`,
    checks: {},
  };
}

const example: Section = {
  names: ["out", "sh", "source", "stage", "type File", "type Tree"],
  text: `// A stage is a command with holes: inputs go in, outputs come out.
const count = stage(
  "count",
  ({ src }: { src: Tree }) => sh.bash\`find \${src} -type f | wc -l > \${out.file("count.txt")}\`,
);
const check = stage("check", ({ counted }: { counted: File }) => sh\`test -s \${counted}\`);

// What is exported can be asked for: \`ashlar build counted\`.
export const counted = count({ src: source(".", { exclude: ["node_modules"] }).as("src") });
`,
  checks: { counted: "check({ counted })" },
};

interface NodeManifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function textAt(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
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
