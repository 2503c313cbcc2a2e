/**
 * Programs for tests that need processes of their own: a source and all that it imports become one file
 * that Node can run.
 *
 * @module
 */
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The part of Vite that is used. It comes with Vitest, and is no dependency of its own. */
interface Vite {
  build(config: object): Promise<unknown>;
}

/** Bundles a program into a folder. Resolves to its path. */
export async function bundleProgram(source: URL, folder: string): Promise<string> {
  const vitest = createRequire(import.meta.url).resolve("vitest/node");
  const path = createRequire(vitest).resolve("vite");
  const vite = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Vite;
  const name = `${basename(source.pathname, ".ts")}.mjs`;
  await vite.build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@ashlar/source", "module", "node"] },
    ssr: { noExternal: true, resolve: { conditions: ["@ashlar/source", "module", "node"] } },
    build: {
      ssr: fileURLToPath(source),
      outDir: folder,
      emptyOutDir: false,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: name } },
    },
  });
  return join(folder, name);
}
