/**
 * Vendoring: every external crate as a fixed input, known before it is downloaded.
 *
 *     Cargo.lock ──▶ vendor (dynamic) ──▶ one `fetch` a crate ──▶ unpack ──┐
 *                                    └──▶ git-checkout ──▶ git-crates ────┴──▶ one tree
 *
 * A lock file has the checksum of each packed crate, so that is its digest, and the content hash in the
 * name of its folder. A git dependency is named by its commit. So one more crate in the lock file
 * downloads that crate, and a build without a network works as soon as the store has them all.
 *
 *     vendor/config.toml                                   tells cargo where each source is
 *     vendor/crates-io/<name>-<version>-<checksum>/        a directory source for each registry
 *     vendor/git-<commit>/repository/                      the repository, as it is
 *     vendor/git-<commit>/crates/<name>-<version>          links to its packages: a directory source
 *
 * @module
 */
import { createHash } from "node:crypto";

import {
  dynamic,
  fetch,
  merge,
  out,
  sh,
  stage,
  text,
  type File,
  type Stage,
  type Tree,
} from "@ashlar/core";

import { externalsOf, lockText, readConfig, type External } from "./locked-crates.ts";
import { parseGitSource, type GitSource } from "./programs/git-source.ts";
import { parseLock, unusedPatches, type LockedPackage } from "./programs/lock.ts";
import { CRATES_IO, replaceSources, type ReplacedSource } from "./programs/source-replacement.ts";
import type { Table } from "./programs/table.ts";
import { downloadUrls, registryOf, type Registry } from "./registries.ts";
import { programRoot, programWords } from "./stage-programs.ts";
import { gitTools, nodeTool, unpackTools } from "./toolchain.ts";

/** Where crates come from. */
export interface CrateSources {
  readonly registries?: readonly Registry[];
  readonly gitCheckouts?: Readonly<Record<string, Tree>>;
}

/** What packages of a git repository are made from. */
interface Checkout {
  readonly source: GitSource;
  readonly names: readonly string[];
}

/** Unpacks a crate, and writes down which one it is. Each has a name of its own, for those who read what failed, or took long. */
function unpack(name: string, packed: File, checksum: string): Tree {
  const script =
    'mkdir "$2" && tar -xzf "$1" -C "$2" --strip-components=1 --no-same-owner && ' +
    'printf \'{"files":{},"package":"%s"}\' "$3" > "$2/.cargo-checksum.json"';
  const one = stage(
    `unpack-${name}`,
    (crate: File) =>
      sh({
        tools: unpackTools,
      })`sh -e -c ${script} unpack ${crate} ${out.tree("crate")} ${checksum}`,
  );
  return one(packed).crate;
}

/** Clones a repository at a commit. What a commit is does not change, so the network decides nothing. */
const checkOut: Stage<[string, string], { repository: "tree" }> = stage(
  "git-checkout",
  (url, commit) => {
    // Files as the repository has them, whatever git is set to do to them here: cargo has no large files either.
    const script = `
plain='-c core.autocrlf=false -c filter.lfs.smudge= -c filter.lfs.process= -c filter.lfs.required=false'
git init -q "$1" && cd "$1"
git fetch -q --depth 1 "$2" "$3" 2> /dev/null || git fetch -q --tags "$2" '+refs/*:refs/remotes/all/*'
if ! git cat-file -e "$3^{commit}" 2> /dev/null; then
  printf 'error: %s has no commit %s\\n' "$2" "$3" >&2
  echo "hint: it may have been rewritten: cargo update brings Cargo.lock to another; or give a tree in gitCheckouts" >&2
  exit 1
fi
git -c advice.detachedHead=false $plain checkout -q "$3"
if [ -f .gitmodules ]; then
  # What a repository says of its submodules may be relative to where it is itself; and one of this machine may have others of this machine.
  git remote add origin "$2"
  case "$2" in file:*) local='-c protocol.file.allow=always';; *) local=;; esac
  if ! git $plain $local submodule -q update --init --recursive; then
    printf 'error: not all submodules of %s can be cloned: git says why above\\n' "$2" >&2
    echo 'hint: a commit of a submodule may be gone, or another place of it need a name and a password; give a tree in gitCheckouts' >&2
    exit 1
  fi
fi
find . -name .git -prune -exec rm -rf {} +`;
    return sh({
      tools: gitTools,
      network: true,
      env: { GIT_TERMINAL_PROMPT: "0" },
      retries: { times: 2, delayMs: 1000, backoff: 3 },
    })`sh -e -c ${script} git-checkout ${out.tree("repository")} ${url} ${commit}`;
  },
);

/** Makes a directory source of a repository's packages. */
const gitCrates: Stage<[Tree, readonly string[]], { crates: "tree" }> = stage(
  "git-crates",
  (repository, names) => {
    const parameters = { repository: "repository", out: "crates", names };
    return sh({
      root: { repository, ...programRoot("git-crates"), "ws/.keep": text("") },
      cwd: "ws",
      tools: [nodeTool],
      outputs: { crates: out.tree("crates") },
    })`${programWords("git-crates", { ...parameters, repository: "../repository", out: "../crates" })}`;
  },
);

/** External crates, fetched. Each is described once, in however many lock files it is. */
export class FetchedCrates {
  readonly #sources: CrateSources;
  readonly #known = new Map<string, Tree>();

  constructor(sources: CrateSources) {
    this.#sources = sources;
  }

  /**
   * Those of a lock file.
   *
   * @param manifest - With `Cargo.lock`, and `.cargo` if there is one, among others.
   */
  of(manifest: Tree): Tree {
    return dynamic.tree("vendor", { manifest }, async (inputs) => {
      const content = await lockText(inputs.manifest);
      // What a `[patch]` offers and nothing uses must be there all the same.
      const unused = unusedPatches(content, "Cargo.lock");
      const lock = [...parseLock(content, "Cargo.lock"), ...unused];
      return this.#vendorTree(lock, await readConfig(inputs.manifest));
    });
  }

  /** The tree for the external packages of a lock file. */
  #vendorTree(lock: readonly LockedPackage[], config: Table): Tree {
    const parts: Record<string, Tree | File> = {};
    const replaced: ReplacedSource[] = [];

    for (const [source, crates] of groupBySource(externalsOf(lock))) {
      if (source.startsWith("git+")) {
        const git = parseGitSource(source);
        const directory = `git-${slug(`${git.url} ${git.commit}`, git.commit.slice(0, 12))}`;
        parts[directory] = this.#fromGit({ source: git, names: crates.map(titleOf) });
        replaced.push({ source, directory: `vendor/${directory}/crates` });
      } else {
        const directory = source === CRATES_IO ? "crates-io" : slug(source, hostOf(source));
        for (const crate of crates) {
          const folder = `${crate.name}-${crate.version}-${(crate.checksum ?? "").slice(0, 16)}`;
          parts[`${directory}/${folder}`] = this.#fromRegistry(crate);
        }
        replaced.push({ source, directory: `vendor/${directory}` });
      }
    }
    parts["config.toml"] = text(replaceSources(replaced, config));
    // What crates.io is replaced by must be there, even where nothing comes from it.
    parts["crates-io/.keep"] = text("");
    return merge(parts).as("vendor");
  }

  #fromRegistry(crate: External): Tree {
    const { name, version, source, checksum } = crate;
    const { registries = [] } = this.#sources;
    return this.#once(`${source} ${name} ${version} ${checksum}`, () =>
      fromRegistry(crate, registries),
    );
  }

  #fromGit({ source, names }: Checkout): Tree {
    const { url, commit } = source;
    const { gitCheckouts = {} } = this.#sources;
    const repository = this.#once(
      `${url}#${commit}`,
      () =>
        gitCheckouts[`${url}#${commit}`] ?? gitCheckouts[url] ?? checkOut(url, commit).repository,
    );
    return this.#once(
      JSON.stringify([url, commit, names]),
      () => gitCrates(repository, names).crates,
    );
  }

  #once(key: string, describe: () => Tree): Tree {
    const tree = this.#known.get(key) ?? describe();
    this.#known.set(key, tree);
    return tree;
  }
}

function fromRegistry(crate: External, registries: readonly Registry[]): Tree {
  const { name, version, source, checksum } = crate;
  if (checksum === undefined) {
    throw new Error(
      `\`${titleOf(crate)}\` has no checksum in Cargo.lock, so it cannot be fetched: let cargo write the lock file again, or give \`registry\``,
    );
  }
  const registry = registryOf(source, registries);
  if (registry === undefined) {
    throw new Error(
      `\`${titleOf(crate)}\` comes from ${source}, and nobody has said where its crates are: add \`registries: [{ index: "${source.replace(/^registry\+/, "")}", dl: "…" }]\`, with the \`dl\` of the config.json in that index`,
    );
  }
  const urls = downloadUrls(registry, { name, version, checksum });
  const from = source === CRATES_IO ? "crates.io" : source.replace(/^registry\+/, "");
  const about = {
    title: `crate \`${titleOf(crate)}\` of ${from}`,
    ifMissing: `that registry does not have it, or has it no more: \`cargo update -p ${name}\` takes another version; or say in \`registries\` where it is`,
  };
  const packed = fetch(urls, { sha256: checksum, name: `${name}-${version}.crate`, about });
  return unpack(`${name}-${version}`, packed, checksum);
}

function groupBySource(externals: readonly External[]): ReadonlyMap<string, readonly External[]> {
  const groups = new Map<string, External[]>();
  for (const one of externals) {
    const group = groups.get(one.source) ?? [];
    group.push(one);
    groups.set(one.source, group);
  }
  return groups;
}

function titleOf({ name, version }: LockedPackage): string {
  return `${name} ${version}`;
}

function hostOf(source: string): string {
  return /:\/\/([\w.-]+)/.exec(source)?.[1] ?? "registry";
}

/** A readable name for a folder that no other text has. */
function slug(identity: string, shown: string): string {
  return `${shown}-${createHash("sha256").update(identity).digest("hex").slice(0, 8)}`;
}
