/**
 * Toolchains: the programs that cargo stages may use.
 *
 * What rustup puts on `PATH` are stand-ins that choose a toolchain when they start, by files and
 * variables that a stage does not see. So rustup is asked once where the real programs are, and again
 * when something has changed that decides it.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";

import { tool, type Tool, type ToolDecision, type Tree } from "@ashlar/core";

/**
 * A toolchain: by the name that rustup has for it, by the absolute path of its folder, or as a tree. A tree is an
 * input like any other, with its content in the key, and needs nothing of the machine but a C toolchain.
 */
export type Toolchain = Tree | string;

/** Prints where a tool of rustc's own LLVM lies: `$1` is the tool, `$2` the toolchain or nothing. */
const findLlvmTool = `
case "$2" in
  "") ;;
  /*) PATH="$2/bin:$PATH" ;;
  *) export RUSTUP_TOOLCHAIN="$2" ;;
esac
version=$(rustc -vV)
host=$(printf '%s\\n' "$version" | sed -n 's/^host: //p')
major=$(printf '%s\\n' "$version" | sed -n 's/^LLVM version: \\([0-9]*\\).*/\\1/p')
for candidate in "$(rustc --print sysroot)/lib/rustlib/$host/bin/$1" \\
  "$(command -v "$1-$major")" "/usr/lib/llvm-$major/bin/$1"; do
  if [ -x "$candidate" ]; then printf '%s\\n' "$candidate"; exit 0; fi
done
exit 1`;

/** What every command of cargo needs: cargo, the compiler, and what that links with. */
export function rustTools(toolchain?: Toolchain): readonly Tool[] {
  const rust = (name: string): Tool => program(name, toolchain, ["-vV"], installHint(toolchain));
  const linker = (name: string): Tool =>
    tool.host(name, { hint: "install a C toolchain: on Debian `apt-get install gcc`" });
  return [
    rust("cargo"),
    rust("rustc"),
    rust("rustdoc"),
    tool.host("cc", {
      version: ["--version"],
      decidedBy: { variables: ["CCACHE_COMPILER", "CCACHE_PATH"] },
      hint: "rustc links with it; on Debian `apt-get install gcc`",
    }),
    ...["ld", "as", "ar", "sh"].map(linker),
    nodeTool,
  ];
}

/** What clippy needs besides. */
export function clippyTools(toolchain?: Toolchain): readonly Tool[] {
  const hint = "install clippy: `rustup component add clippy`, or on Debian `rust-clippy`";
  return ["cargo-clippy", "clippy-driver"].map((name) =>
    program(name, toolchain, ["--version"], hint),
  );
}

/** What formatting needs besides. */
export function formatTools(toolchain?: Toolchain): readonly Tool[] {
  const hint =
    "install rustfmt: `rustup component add rustfmt`, or on Debian `apt-get install rustfmt`";
  return ["cargo-fmt", "rustfmt"].map((name) => program(name, toolchain, ["--version"], hint));
}

/** Commands that others have written for cargo, and where to get them. */
const plugins = {
  "cargo-nextest": "install cargo-nextest: `cargo install --locked cargo-nextest`",
  "cargo-tarpaulin": "install cargo-tarpaulin: `cargo install --locked cargo-tarpaulin`",
  "cargo-audit": "install cargo-audit: `cargo install --locked cargo-audit`",
  "cargo-deny": "install cargo-deny: `cargo install --locked cargo-deny`",
} as const;

const taploHint = "install taplo: `cargo install --locked taplo-cli`, or from npm `@taplo/cli`";

/** A command that others have written for cargo. It is a tool of the stage, and nothing downloads it. */
export function pluginTool(name: keyof typeof plugins): Tool {
  return tool.host(name, { version: ["--version"], hint: plugins[name] });
}

/** What formatting TOML needs. The taplo of npm is a script of Node. */
export function taploTools(): readonly Tool[] {
  const env = tool.host("env", { hint: "the taplo of npm is started with it: install coreutils" });
  // No version is asked for: that of npm prints it and fails. So its bytes tell it from others.
  return [tool.host("taplo", { hint: taploHint }), env, nodeTool];
}

/**
 * Programs that tests and build scripts take for granted: a shell, and what is on every Unix. Stages have no
 * program that is not declared, so tests that start `echo` or `cat` need them: `rust.cargoTest({ tools: unixTools })`.
 */
export const unixTools: readonly Tool[] = (
  "awk basename cat chmod cmp cp cut date diff dirname echo env expr false find grep head id ln ls mkdir mktemp mv " +
  "printf pwd readlink rm rmdir sed seq sh sleep sort tail tee test touch tr true uname uniq wc xargs"
)
  .split(" ")
  .map((name) => tool.host(name));

/** What unpacks crates. */
export const unpackTools: readonly Tool[] = ["sh", "mkdir", "tar", "gzip"].map((name) =>
  tool.host(name, { hint: `unpacking crates needs \`${name}\`` }),
);

/** What clones git dependencies. */
export const gitTools: readonly Tool[] = [
  tool.host("git", {
    version: ["--version"],
    hint: "git dependencies are cloned with it: on Debian `apt-get install git`; or give the tree in `gitCheckouts`",
  }),
  // The last three are for submodules, of which git takes care by a script.
  ...["sh", "rm", "find", "basename", "sed", "uname"].map((name) => tool.host(name)),
];

/** What coverage needs besides: tools of the LLVM version that rustc was built with. */
export function coverageTools(toolchain?: Toolchain): readonly Tool[] {
  // Those of a tree would have to be known before it is: the machine's are looked for, and must fit.
  const known = typeof toolchain === "string" ? toolchain : "";
  return ["llvm-cov", "llvm-profdata"].map((name) =>
    tool.host(name, {
      version: ["--version"],
      locate: ["sh", "-c", findLlvmTool, "sh", name, known],
      hint: "install LLVM's tools of the major version that `rustc -vV` names: `rustup component add llvm-tools`, or for LLVM 22 on Debian `apt-get install llvm-22`",
    }),
  );
}

/** Runs the programs of this package inside of stages. */
export const nodeTool: Tool = tool.node();

/** A program of a toolchain. One that was asked for by name or by path is that one, or is missing. */
function program(
  name: string,
  toolchain: Toolchain | undefined,
  version: readonly string[],
  hint: string,
): Tool {
  if (toolchain !== undefined && typeof toolchain !== "string") {
    return tool.from(toolchain, `bin/${name}`);
  }
  if (toolchain?.startsWith("/") === true) {
    const locate = ["printf", "%s\\n", join(toolchain, "bin")];
    return tool.host(name, { version, locate, mustLocate: true, hint });
  }
  const choice = toolchain === undefined ? [] : ["--toolchain", toolchain];
  const locate = ["rustup", "which", ...choice, name];
  const decidedBy = rustDecision();
  return tool.host(name, {
    version,
    locate,
    mustLocate: toolchain !== undefined,
    decidedBy,
    hint,
  });
}

/**
 * What rustup goes by when it is asked at the root of the file system, and cargo when it names the system that it
 * is on. Another toolchain of the same name has other files.
 */
function rustDecision(): ToolDecision {
  const home = process.env["RUSTUP_HOME"] ?? join(homedir(), ".rustup");
  return {
    files: [
      join(home, "settings.toml"),
      join(home, "toolchains"),
      "/etc/rustup/settings.toml",
      "/rust-toolchain",
      "/rust-toolchain.toml",
      "/etc/os-release",
    ],
    variables: ["RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "HOME", "LD_LIBRARY_PATH"],
  };
}

function installHint(toolchain: Toolchain | undefined): string {
  if (typeof toolchain !== "string") {
    return "install Rust: with rustup, or from your system's packages (`cargo`, `rustc`)";
  }
  return toolchain.startsWith("/")
    ? `there must be a toolchain at \`${toolchain}\`, with its programs in \`bin\``
    : `install that toolchain: \`rustup toolchain install ${toolchain}\`; \`rustup toolchain list\` prints those that are there`;
}
