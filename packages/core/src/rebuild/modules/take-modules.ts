/**
 * Modules: a file and all that it imports, taken as one tree.
 *
 *     package.json        {}, so that nothing above has a say
 *     start.mjs           export const load = () => import("./files/tools/minify.mjs")
 *     files/              lies as on the disk, from the deepest folder that holds all of it
 *       package.json      what decides about modules: name, type, exports, imports, main
 *       tools/minify.mjs
 *       node_modules/...  packages as a whole, and links to them
 *
 * The user's own files are read and followed one by one. A package under `node_modules` is taken whole,
 * with the packages that its manifest names: what happens inside of it need not be understood.
 *
 * @module
 */
import { dirname, join, relative } from "node:path";

import { canonicalJson } from "../../base/canonical-json.ts";
import type { Digest } from "../../digest/digest.ts";
import { fnModule, fnUnresolved } from "../../errors/fn-errors.ts";
import { sourceMissing } from "../../errors/source-errors.ts";
import { NotJavaScript, parse, type TextKind } from "../../graph/syntax.ts";
import { walkTree, writeDirectory } from "../../store/directories.ts";
import { Fingerprints } from "../../store/fingerprints.ts";
import { snapshot } from "../../store/snapshot.ts";
import type { ContentStore } from "../../store/store.ts";
import { NotedDisk } from "./disk.ts";
import { Layout } from "./layout.ts";
import {
  findPackage,
  inPackage,
  resolveSpecifier,
  type Landing,
  type PackageLanding,
} from "./resolve-specifier.ts";
import { specifiersOf, type Specifier } from "./specifiers.ts";
import { canRunTypes, stripTypes } from "./types.ts";

/** How modules are taken. */
export interface TakeModulesOptions {
  /** Globs of more files, relative to the folder of the first. Modules among them are followed. */
  readonly include: readonly string[];
  readonly signal: AbortSignal;
  /** What an earlier look saw: files of packages that are unchanged since are not read again. */
  readonly known: Fingerprints | undefined;
  /** Takes down what this look sees, by absolute paths. */
  readonly seen: Fingerprints;
}

/**
 * Takes a module and all that it reaches into the store, and returns the digest of the tree.
 *
 * @param entry - Absolute.
 * @throws {@link BuildError} `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `FN_MODULE` for a file that is no
 *   module, `FN_IMPORT` for an import without which it cannot be loaded, and that leads nowhere.
 */
export async function takeModules(
  content: ContentStore,
  entry: string,
  options: TakeModulesOptions,
): Promise<Digest> {
  const walk = new ModuleWalk(content, options);
  return await walk.take(entry);
}

class ModuleWalk {
  readonly #content: ContentStore;
  readonly #options: TakeModulesOptions;
  readonly #disk: NotedDisk;
  readonly #layout = new Layout();
  /** Real paths of files that are to be taken. */
  readonly #pending: string[] = [];
  readonly #files = new Set<string>();
  readonly #packages = new Set<string>();

  constructor(content: ContentStore, options: TakeModulesOptions) {
    this.#content = content;
    this.#options = options;
    this.#disk = new NotedDisk(content, options.seen);
  }

  async take(entry: string): Promise<Digest> {
    if (this.#disk.look(entry) !== "file") throw sourceMissing(entry);
    const start = this.#disk.real(entry);
    await this.#reach(start);
    await this.#include(dirname(entry));
    for (let path = this.#pending.pop(); path !== undefined; path = this.#pending.pop()) {
      this.#options.signal.throwIfAborted();
      if (this.#files.has(path)) continue;
      this.#files.add(path);
      await this.#takeFile(path);
    }
    // A URL: in the names of files, its signs have no meaning.
    const names = relative(this.#layout.root, start).split("/");
    const inner = `./files/${names.map((name) => encodeURIComponent(name)).join("/")}`;
    const loader = `export const load = () => import(${JSON.stringify(inner)});\n`;
    return await writeDirectory(this.#content, {
      files: [await this.#text("package.json", "{}\n"), await this.#text("start.mjs", loader)],
      directories: [{ name: "files", digest: await this.#layout.write(this.#content) }],
      symlinks: [],
    });
  }

  async #text(
    name: string,
    text: string,
  ): Promise<{ readonly name: string; readonly digest: Digest; readonly isExecutable: false }> {
    const digest = await this.#content.write(Buffer.from(text));
    return { name, digest, isExecutable: false };
  }

  /** Takes one of the user's files, and finds out what it needs. */
  async #takeFile(path: string): Promise<void> {
    const { bytes, digest, isExecutable } = await this.#disk.take(path);
    this.#layout.add(path, { type: "file", digest, isExecutable });
    const kind = await this.#kindOf(path);
    if (kind === undefined) return;
    for (const specifier of await this.#specifiersIn(path, bytes.toString("utf8"), kind)) {
      await this.#follow(path, specifier);
    }
  }

  async #specifiersIn(path: string, text: string, kind: TextKind): Promise<readonly Specifier[]> {
    const isTyped = /\.[cm]?ts$/.test(path);
    if (isTyped && !canRunTypes) {
      throw fnModule(path, `it is TypeScript, and Node ${process.version} runs none`);
    }
    try {
      const plain = isTyped ? stripTypes(text) : text;
      try {
        return specifiersOf(await parse(plain, kind));
      } catch (error) {
        // Without a `type`, newer Nodes look at the syntax, too.
        if (!(error instanceof NotJavaScript) || kind !== "commonjs") throw error;
        return specifiersOf(await parse(plain, "module"));
      }
    } catch (error) {
      throw fnModule(path, error instanceof Error ? error.message : String(error));
    }
  }

  /** How a file is read; `undefined` for one that is no module of its own. */
  async #kindOf(path: string): Promise<TextKind | undefined> {
    const [, form] = /\.([cm]?)[jt]s$/.exec(path) ?? [];
    if (form === undefined) return undefined;
    const type = await this.#scope(path);
    if (form === "m") return "module";
    return form === "c" || type !== "module" ? "commonjs" : "module";
  }

  /** Lays the manifest of the user's own package: of it, what decides about modules. */
  async #scope(path: string): Promise<unknown> {
    const scope = this.#disk.scopeOf(path);
    if (scope === undefined) return undefined;
    const place = join(scope.folder, "package.json");
    const { name, type, main, exports, imports } = scope.manifest;
    if (!this.#layout.has(place)) {
      const told = { name, type, main, exports, imports };
      const known = Object.fromEntries(
        Object.entries(told).filter(([, value]) => value !== undefined),
      );
      const { digest, isExecutable } = await this.#text(
        "package.json",
        `${canonicalJson(known)}\n`,
      );
      this.#layout.add(place, { type: "file", digest, isExecutable });
    }
    return type;
  }

  async #follow(from: string, specifier: Specifier): Promise<void> {
    let landing: Landing = resolveSpecifier(this.#disk, from, specifier);
    if (landing.type === "package") {
      await this.#link(landing);
      if (isForeign(landing.folder)) return await this.#takePackage(landing.folder);
      // A package of the user's own workspace, which is linked: its files are followed.
      const way = specifier.way === "require" ? "require" : "import";
      landing = inPackage(this.#disk, landing.folder, landing.subpath, way);
    }
    if (landing.type === "nowhere" && specifier.isStatic) {
      throw fnUnresolved(from, specifier.text, landing.why);
    }
    if (landing.type === "file") await this.#reach(landing.path);
  }

  async #reach(path: string): Promise<void> {
    const real = this.#disk.real(path);
    if (real !== path) this.#layout.add(path, { type: "link", to: real });
    const [, owner] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(real) ?? [];
    if (owner === undefined) this.#pending.push(real);
    else await this.#takePackage(owner);
  }

  async #link({ at, folder }: PackageLanding): Promise<void> {
    if (at === folder || this.#layout.has(at)) return;
    this.#layout.add(at, { type: "link", to: folder });
    // A link counts only with what it leads to, and that has a manifest.
    if (!isForeign(folder)) await this.#scope(join(folder, "package.json"));
  }

  /** Takes a package with all of its files, and the packages that it depends on. */
  async #takePackage(folder: string): Promise<void> {
    const folders = [folder];
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      if (this.#packages.has(next)) continue;
      this.#packages.add(next);
      const { signal, known, seen } = this.#options;
      const own = new Fingerprints(seen.takenAt);
      const digest = await snapshot(this.#content, next, {
        ...{ filter: { exclude: ["node_modules"] }, checkLinks: false, signal },
        ...{ known: known?.below(next), seen: own },
      });
      seen.add(next, own);
      this.#layout.add(next, { type: "tree", digest });
      const manifest = this.#disk.manifestIn(next) ?? {};
      for (const names of [
        manifest.dependencies,
        manifest.optionalDependencies,
        manifest.peerDependencies,
      ]) {
        for (const name of Object.keys(names ?? {})) {
          const found = findPackage(this.#disk, next, name, ".");
          if (found.type !== "package") continue;
          await this.#link(found);
          if (isForeign(found.folder)) folders.push(found.folder);
          else {
            const landing = inPackage(this.#disk, found.folder, ".", "import");
            if (landing.type === "file") this.#pending.push(this.#disk.real(landing.path));
          }
        }
      }
    }
  }

  async #include(folder: string): Promise<void> {
    const { include, signal, seen } = this.#options;
    if (include.length === 0) return;
    const own = new Fingerprints(seen.takenAt);
    const digest = await snapshot(this.#content, folder, {
      ...{
        filter: { include, exclude: ["**/node_modules"] },
        checkLinks: false,
        signal,
        seen: own,
      },
    });
    seen.add(folder, own);
    for await (const { path, entry } of walkTree(this.#content, digest)) {
      if (entry.type === "file") this.#pending.push(join(this.#disk.real(folder), path));
    }
  }
}

/** True for what somebody else wrote and a package manager put there. */
function isForeign(folder: string): boolean {
  return folder.includes("/node_modules/");
}
