/**
 * The build of this repository, by itself: `npm run ashlar -- build`.
 *
 *     sources, node_modules ─┬─▶ compile ─▶ dist ─┬─▶ lint, types
 *                            └─▶ format            └─▶ tests, by group
 *
 * `npm test` needs nothing of it, for something has to be there before there is an `ashlar`. Here are those groups of
 * tests that a sandbox can hold; runners, their engines and cargo are tested outside of one.
 *
 * @module
 */
// By its path: nothing of the workspace is installed at its root, so that npm can install that.
import {
  merge,
  out,
  sh,
  source,
  stage,
  tool,
  writable,
  type Tree,
} from "./packages/core/dist/index.js";

/** All that is kept in the repository, or installed for it, and nothing that was built of it. */
const repository = source(".", {
  gitignore: false,
  exclude: [
    ...[".git", "coverage", "tour", "bench/results", "**/*.log", "**/*.tgz"],
    ...["packages/*/dist", "packages/runners/*/dist", "packages/examples/**/target"],
    ...["node_modules/.cache", "node_modules/.bundle-*", "packages/*/node_modules/.*"],
  ],
});

/** What is installed is large: each stage gets it without what it has no use for. */
const large = {
  compilers: ["@typescript+*"],
  formatters: ["oxfmt*", "@oxfmt+*", "tinypool*"],
  linters: ["oxlint*", "@oxlint+*", "@oxlint-tsgolint+*"],
  bundlers: ["rolldown*", "@rolldown+*", "lightningcss*"],
  browsers: ["playwright-core*"],
  others: ["prettier@*", "highlight.js@*", "typescript@5*", "@opentelemetry+semantic*"],
};

/** A part of the repository with what is installed, but for large things that are not named. */
function withModules(tree: Tree, ...needed: readonly (keyof typeof large)[]): Tree {
  const left = Object.entries(large).filter(([name]) => !needed.some((each) => each === name));
  const globs = left.flatMap(([, names]) => names.map((name) => `node_modules/.pnpm/${name}`));
  return tree.without(...globs);
}

const node = tool.node();

const compile = stage(
  "compile",
  (src: Tree) =>
    sh({
      tools: [node],
      root: { ".": src },
      outputs: {
        core: out.tree("packages/core/dist"),
        cargo: out.tree("packages/cargo/dist"),
        cli: out.tree("packages/cli/dist"),
        examples: out.tree("packages/examples/dist"),
        container: out.tree("packages/runners/container/dist"),
        local: out.tree("packages/runners/local/dist"),
        mock: out.tree("packages/runners/mock/dist"),
        remote: out.tree("packages/runners/remote/dist"),
      },
    })`node node_modules/typescript/bin/tsc --build packages/examples packages/runners/remote`,
);
const compiled = compile(
  withModules(
    repository.pick(
      ...["node_modules", "packages/*/node_modules", "packages/runners/*/node_modules"],
      ...["packages/*/src", "packages/runners/*/src", "tsconfig.base.json"],
      ...["packages/*/{package,tsconfig}.json", "packages/runners/*/{package,tsconfig}.json"],
    ),
    "compilers",
  ),
);

/** What was compiled, where it belongs. */
const dist = {
  "packages/core/dist": compiled.core,
  "packages/cargo/dist": compiled.cargo,
  "packages/cli/dist": compiled.cli,
  "packages/examples/dist": compiled.examples,
  "packages/runners/container/dist": compiled.container,
  "packages/runners/local/dist": compiled.local,
  "packages/runners/mock/dist": compiled.mock,
  "packages/runners/remote/dist": compiled.remote,
};

const lint = stage(
  "lint",
  (src: Tree) =>
    sh({
      tools: [node],
      root: { ".": src, ...dist },
    })`node node_modules/oxlint/bin/oxlint --deny-warnings`,
);
const format = stage(
  "format",
  (src: Tree) =>
    sh({ tools: [node], root: { ".": src } })`node node_modules/oxfmt/bin/oxfmt --check`,
);
const types = stage(
  "types",
  (src: Tree) =>
    sh({
      tools: [node],
      // That of the page writes what it knows there.
      root: { ".": src, ...dist, "packages/cli/dist": writable(compiled.cli) },
    })`node node_modules/typescript/bin/tsc --build test bench packages/cli/page`,
);
// Tests start many programs of the system, and so they get all of those.
const test = stage(
  "test",
  (src: Tree, ...words: readonly string[]) =>
    sh({ root: { ".": src, ...dist } })`node node_modules/vitest/vitest.mjs run ${words}`,
);

export const checks = {
  lint: lint(withModules(repository, "linters")),
  format: format(
    merge([
      repository.without("node_modules", "**/node_modules"),
      repository.pick(
        "node_modules/oxfmt",
        ...large.formatters.map((name) => `node_modules/.pnpm/${name}`),
      ),
    ]),
  ),
  types: types(withModules(repository, "compilers", "bundlers", "browsers")),
};

const tested = withModules(repository, "bundlers");
export const tests = {
  core: test(tested, "packages/core/test"),
  mock: test(tested, "packages/runners/mock/test"),
  behaviour: test(
    tested,
    "--exclude",
    "packages/**",
    "--exclude",
    "test/{house,cargo}*/**",
    "--exclude",
    "test/cargo*",
  ),
};
