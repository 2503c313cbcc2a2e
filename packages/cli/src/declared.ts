/**
 * All commands, with their words and options. Help, completion and the page of commands come from here.
 *
 * @module
 */
import type { CommandSpec, OptionSpec, WordSpec } from "./command.ts";

const file: OptionSpec = {
  flags: "-f, --file <path>",
  about: "the build file (default: the nearest ashlar.build.ts)",
};
const store: OptionSpec = {
  flags: "--store <directory>",
  about: "where results are kept (default: ASHLAR_STORE, else the place for caches)",
};
const noRemote: OptionSpec = {
  flags: "--no-remote",
  about: "leave the remote cache alone that the build file names",
};
const json: OptionSpec = { flags: "--json", about: "print data, for programs" };
const sandbox: OptionSpec = {
  flags: "--sandbox <choice>",
  about: "whether commands are locked in: auto, required, none",
  choices: ["auto", "required", "none"],
};

/** What every command has. */
export const commonOptions: readonly OptionSpec[] = [
  { flags: "--color", about: "paint, whatever the terminal" },
  { flags: "--no-color", about: "do not paint" },
];

/** What every command has that builds. */
const building: readonly OptionSpec[] = [
  file,
  store,
  noRemote,
  sandbox,
  { flags: "-j, --slots <n>", about: "commands at once (default: the processors)" },
  { flags: "-k, --keep-going", about: "run what does not depend on a failed stage" },
  {
    flags: "--reporter <name>",
    about: "how to tell what happens: auto, live, plain, github, none",
    choices: ["auto", "live", "plain", "github", "none"],
  },
  { flags: "-v, --verbose", about: "tell of every stage, and what each prints" },
  { flags: "--junit <file>", about: "write a report that CI systems read" },
  { flags: "--events <file>", about: "write every event to a file, one line of JSON each" },
  json,
];

const targets: WordSpec = {
  name: "target",
  about: "names of targets (default: all)",
  isMany: true,
};
const target: WordSpec = { name: "target", about: "name of a target", isRequired: true };
const stage: WordSpec = {
  name: "stage",
  about: "name of a stage, as plans list it",
  isRequired: true,
};

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  {
    name: "build",
    about: "build targets, and all that they stand on",
    words: [targets],
    options: building,
    load: () => import("./commands/build.ts"),
  },
  {
    name: "watch",
    about: "build, and build again whenever something changes",
    more: "Watches the sources of the targets, the build file, and what it imports; not node_modules.",
    words: [targets],
    options: building.filter(({ flags }) => !flags.includes("<file>") && flags !== "--json"),
    load: () => import("./commands/watch.ts"),
  },
  {
    name: "check",
    about: "look for mistakes in the build file, and run nothing",
    more: "Loads the file, has the project's own TypeScript look at its types, and looks for stages of one name.",
    words: [],
    options: [file, { flags: "--no-types", about: "do not look at types" }, json],
    load: () => import("./commands/check.ts"),
  },
  {
    name: "plan",
    about: "say what a build would run, and why",
    words: [targets],
    options: [file, store, noRemote, sandbox, json],
    load: () => import("./commands/plan.ts"),
  },
  {
    name: "why",
    about: "say why a target would be made anew, or where it comes from",
    words: [target],
    options: [file, store, noRemote, sandbox, json],
    load: () => import("./commands/why.ts"),
  },
  {
    name: "graph",
    about: "print the graph, as text that others draw, or write it as a page",
    more: "The page shows the plan and the last build: the graph, a timeline, and of each stage its command, inputs, outputs, log, and why it would run. It is one file, and needs no network.",
    words: [targets],
    options: [
      file,
      store,
      sandbox,
      {
        flags: "--format <format>",
        about: "dot (default), mermaid, json",
        choices: ["dot", "mermaid", "json"],
      },
      { flags: "--json", about: "the same as --format json" },
      { flags: "--html <path>", about: "write a page instead: graph.html" },
      { flags: "--from <file>", about: "show the build whose --events were written there" },
    ],
    load: () => import("./commands/graph.ts"),
  },
  {
    name: "logs",
    about: "print what the stages of a target printed when they last ran",
    words: [target],
    options: [file, store, noRemote, json],
    load: () => import("./commands/logs.ts"),
  },
  {
    name: "export",
    about: "build a target, and write it to the disk",
    words: [target, { name: "path", about: "where to", isRequired: true }],
    options: building,
    load: () => import("./commands/export.ts"),
  },
  {
    name: "provenance",
    about: "build a target, and say where it comes from, for others to check",
    more: "Prints an in-toto statement with SLSA provenance; with --sign, an envelope that one can verify.",
    words: [target],
    options: [
      ...building.filter(({ flags }) => flags !== "--json"),
      { flags: "-o, --output <file>", about: "where to write it (default: print it)" },
      { flags: "--builder <uri>", about: "who builds, as those know it who check" },
      { flags: "--invocation <id>", about: "what this build is known by, in CI" },
      { flags: "--revision <uri>", about: "of the project: git+https://example.org/app@COMMIT" },
      {
        flags: "--sign <key>",
        about: "sign it: a file with a private key, or a variable that holds one",
      },
      { flags: "--key-id <id>", about: "what readers know that key by" },
    ],
    load: () => import("./commands/provenance.ts"),
  },
  {
    name: "verify",
    about: "run commands once more, and see whether they give the same",
    words: [targets],
    options: [
      ...building,
      { flags: "--stage <name>", about: "only this one; may be repeated", isMany: true },
    ],
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "trace",
    about: "write what ran when in the last build, for Perfetto",
    words: [{ name: "path", about: "where to: trace.json", isRequired: true }],
    options: [
      file,
      store,
      { flags: "--from <file>", about: "of the build whose --events were written there" },
    ],
    load: () => import("./commands/trace.ts"),
  },
  {
    name: "shell",
    about: "open a shell in the input root of a stage, as its command finds it",
    more: "Builds what the stage stands on, and not the stage. What is done there reaches nothing else, and is gone afterwards.",
    words: [stage],
    options: [file, store, noRemote, sandbox],
    load: () => import("./commands/shell.ts"),
  },
  {
    name: "repro",
    about: "write a stage as a folder that runs by itself: its inputs, and a script",
    words: [stage, { name: "path", about: "where to; must not exist", isRequired: true }],
    options: [file, store, noRemote, sandbox],
    load: () => import("./commands/repro.ts"),
  },
  {
    name: "store",
    about: "say how much the store holds",
    words: [],
    options: [
      store,
      { flags: "--check", about: "look at every byte, and put aside what is damaged" },
      json,
    ],
    load: () => import("./commands/store.ts"),
  },
  {
    name: "cache explain",
    about: "say what decides whether results are found, here or against another machine",
    more: "Without names: where results are looked for, and which are not found. With names of targets or stages: all that their keys are made of. With --against: what is different from what another machine has.",
    words: [{ ...targets, about: "names of targets, or of stages (default: an overview)" }],
    options: [
      file,
      store,
      sandbox,
      { flags: "--against <file>", about: "compare with what --json has printed elsewhere" },
      json,
    ],
    load: () => import("./commands/cache-explain.ts"),
  },
  {
    name: "gc",
    about: "remove from the store what was used least recently",
    words: [],
    options: [
      store,
      { flags: "--max-bytes <size>", about: "how much may stay: 20G" },
      { flags: "--max-age <span>", about: "how long ago it may have been used: 30d" },
      json,
    ],
    load: () => import("./commands/gc.ts"),
  },
  {
    name: "init",
    about: "write a small ashlar.build.ts that fits the project",
    words: [],
    options: [],
    load: () => import("./commands/init.ts"),
  },
  {
    name: "completion",
    about: "print a script that lets a shell complete what is typed",
    words: [{ name: "shell", about: "bash, zsh, fish", isRequired: true }],
    options: [file],
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "explain",
    about: "print the page of an error code",
    words: [{ name: "code", about: "as errors print it: STAGE_FAILED", isRequired: true }],
    options: [],
    load: () => import("./commands/explain.ts"),
  },
];
