/**
 * Members that a patch puts in the place of crates, as workspaces of published crates have them; parts of such a workspace.
 *
 *     app  ──▶ solo, near                    near is reached by a link
 *     user ──▶ bar, mid ──▶ foo              mid and solo are external; they and user ask for versions of foo and bar
 *     bar  ──▶ foo
 */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, type CargoOptions, type CargoPackage } from "@ashlar/cargo";
import { source, tryBuild, type Report } from "@ashlar/core";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";

import {
  externalCrate,
  localCrate,
  manifestOf,
  packCrate,
  writeProject,
} from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("patched-members");
/** Where patches are said. */
type Place = "Cargo.toml" | ".cargo/config.toml";
const patches = '[patch.crates-io]\nfoo = { path = "foo" }\nbar = { path = "bar" }';

describe.skipIf(missing.length > 0)(title, () => {
  const crates = join(folder, "crates");
  let [mid, solo] = ["", ""];
  beforeAll(() => {
    mkdirSync(crates);
    mid = packCrate(crates, "mid", "1.0.0", {
      "Cargo.toml": '[dependencies]\nfoo = "1"',
      "src/lib.rs": "pub use foo::VERSION;",
    });
    solo = packCrate(crates, "solo", "1.0.0", { "src/lib.rs": 'pub const WORD: &str = "solo";' });
    for (const place of ["Cargo.toml", ".cargo/config.toml"] as const) writeWorkspace(place);
  });

  function writeWorkspace(place: Place): void {
    const root = join(folder, place.replaceAll("/", "-"));
    const head = (name: string, version = "0.1.0", dependencies = ""): string =>
      manifestOf(name, `[dependencies]\n${dependencies}`, version);
    const entries = [
      ...[localCrate("app", "0.1.0", ["near", "solo"]), localCrate("bar", "1.0.0", ["foo"])],
      ...[
        localCrate("foo", "1.0.7"),
        `${externalCrate("mid", "1.0.0", mid)}dependencies = [\n"foo",\n]\n`,
      ],
      ...[localCrate("near", "0.1.0"), externalCrate("solo", "1.0.0", solo)],
      localCrate("user", "0.1.0", ["bar", "mid"]),
    ];
    const workspace =
      '[workspace]\nmembers = ["app", "foo", "bar", "user", "link"]\nresolver = "2"';
    writeProject(root, {
      "Cargo.toml": workspace,
      "Cargo.lock": `version = 4\n\n${entries.join("\n")}`,
      "app/Cargo.toml": head("app", "0.1.0", 'solo = "1"\nnear = { path = "../link" }'),
      "app/src/main.rs": 'fn main() { println!("{} {}", solo::WORD, near::WORD); }',
      "foo/Cargo.toml": head("foo", "1.0.7"),
      "foo/src/lib.rs": 'pub const VERSION: &str = env!("CARGO_PKG_VERSION");',
      "bar/Cargo.toml": head("bar", "1.0.0", 'foo = { path = "../foo", version = "1" }'),
      "bar/src/lib.rs": "pub use foo::VERSION;",
      "user/Cargo.toml": head("user", "0.1.0", 'bar = "1"\nmid = "1"'),
      "user/src/main.rs": 'fn main() { println!("{} {}", bar::VERSION, mid::VERSION); }',
      "real/near/Cargo.toml": head("near"),
      "real/near/src/lib.rs": 'pub const WORD: &str = "near";',
    });
    writeProject(root, { [place]: place === "Cargo.toml" ? `${workspace}\n${patches}` : patches });
    rmSync(join(root, "link"), { force: true });
    symlinkSync("real/near", join(root, "link"));
  }

  function describeIt(place: Place, options: Partial<CargoOptions>): CargoPackage {
    const dl = `${pathToFileURL(crates).href}/{crate}-{version}.crate`;
    const registries = [{ index: "crates-io", dl }];
    const src = source(join(folder, place.replaceAll("/", "-")));
    return cargo({ src, profile: "dev", registries, ...options }).buildPackage();
  }

  async function run(crate: CargoPackage, name: string): Promise<{ report: Report; said: string }> {
    const report = await tryBuild(crate, { runner, store: join(folder, "store") });
    expect(report.errors).toEqual([]);
    const installed = join(folder, `installed-${name}-${report.stages.length}`);
    await report.export(crate.installed, installed);
    return { report, said: (await execa(join(installed, "bin", name))).stdout };
  }

  test.each(["Cargo.toml", ".cargo/config.toml"] as const)(
    "who needs none of them is built without them, where %s has the patches",
    async (place) => {
      const crate = describeIt(place, { packages: ["app"] });
      const { report, said } = await run(crate, "app");
      expect(said).toBe("solo near");
      // The crate that stands on one of them is not fetched, and the other one once.
      const unpacked = report.ran.filter((name) => name.startsWith("unpack-"));
      expect(unpacked).toHaveLength(place === "Cargo.toml" ? 1 : 0);
      writeProject(join(folder, place.replaceAll("/", "-")), {
        "user/src/main.rs": "fn main() {}",
      });
      expect((await run(crate, "app")).report.ran).toEqual([]);
    },
  );

  test("who needs them by their versions has them, alone and with all others", async () => {
    writeWorkspace("Cargo.toml");
    const alone = await run(describeIt("Cargo.toml", { packages: ["user@0.1.0"] }), "user");
    expect(alone.said).toBe("1.0.7 1.0.7");
    const whole = await run(describeIt("Cargo.toml", {}), "user");
    expect(whole.said).toBe("1.0.7 1.0.7");
  });
});
