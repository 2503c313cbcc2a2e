import { describe, expect, test } from "vitest";

import { commandIn, reportsUnits, withOptions } from "../../src/programs/cargo-arguments.ts";
import { type Artifact, packageTitle, parseMessage } from "../../src/programs/cargo-messages.ts";
import { renderUnits } from "../../src/programs/compiled-units.ts";
import { judgeFreshness } from "../../src/programs/freshness.ts";
import { installedFiles } from "../../src/programs/installation.ts";

describe("arguments", () => {
  test("the command is the first word that is no option", () => {
    expect(commandIn(["--config", "x", "-q", "clippy", "--", "build"])).toBe("clippy");
    expect(reportsUnits(["build"])).toBe(true);
    expect(reportsUnits(["fmt", "--check"])).toBe(false);
  });

  test("options go before what is not for cargo", () => {
    expect(withOptions(["test", "--", "--nocapture"], "--no-run")).toEqual([
      "test",
      "--no-run",
      "--",
      "--nocapture",
    ]);
    expect(() => withOptions(["build", "--message-format=json"], "x")).toThrow(
      "`--message-format=json`, which this program sets itself",
    );
  });
});

describe("messages", () => {
  test("an artifact is read", () => {
    const line = JSON.stringify({
      reason: "compiler-artifact",
      package_id: "path+file:///ws/app#1.0.0",
      manifest_path: "/ws/app/Cargo.toml",
      target: { kind: ["bin"], name: "app" },
      profile: { test: false },
      filenames: ["/target/debug/app"],
      executable: "/target/debug/app",
      fresh: true,
    });
    expect(parseMessage(line)).toEqual({
      kind: "artifact",
      artifact: artifact({ isFresh: true }),
    });
  });

  test.each([
    ["running 3 tests", "text"],
    ['{"reason":"mine"}', "text"],
    ["{ half an object", "text"],
    ['{"reason":"compiler-artifact"}', "text"],
    ['{"reason":"build-finished","success":true}', "other"],
  ])("%s is %s", (line, kind) => {
    expect(parseMessage(line).kind).toBe(kind);
  });

  test("ids have a title", () => {
    expect(packageTitle("registry+https://x.example/index#serde@1.0.2")).toBe("serde 1.0.2");
    expect(packageTitle("path+file:///ws/crates/tally#0.1.0")).toBe("tally 0.1.0");
  });
});

describe("freshness", () => {
  const registry = "registry+https://x.example/index#serde@1.0.2";
  const judge = (artifacts: Artifact[], hasLocals = false): unknown =>
    judgeFreshness(artifacts, { kept: new Set(["/ws/leaf/Cargo.toml"]), hasLocals });

  test("a local unit is stale where the directory holds none of these sources", () => {
    const fresh = artifact({ isFresh: true });
    expect(judge([fresh])).toEqual({ stale: ["app 1.0.0 (bin app)"], rebuilt: [] });
    expect(judge([fresh], true)).toEqual({ stale: [], rebuilt: [] });
  });

  test("a kept package is as good as an external one", () => {
    const kept = artifact({ isFresh: true, manifest: "/ws/leaf/Cargo.toml" });
    expect(judge([kept])).toEqual({ stale: [], rebuilt: [] });
  });

  test("an external crate is named once, however many units of it were built", () => {
    const unit = artifact({ packageId: registry });
    expect(judge([unit, unit])).toEqual({ stale: [], rebuilt: ["serde 1.0.2"] });
    expect(judge([artifact({ packageId: registry, isFresh: true })])).toEqual({
      stale: [],
      rebuilt: [],
    });
  });

  test("pages of an external crate are not the crate", () => {
    const pages = artifact({ packageId: registry, files: ["/target/doc/serde/index.html"] });
    expect(judge([pages])).toEqual({ stale: [], rebuilt: [] });
    expect(renderUnits([pages])).toBe("compiled local: none; external: none; fresh units: 0");
  });
});

describe("installation", () => {
  const install = (...artifacts: Artifact[]): unknown =>
    Object.fromEntries(installedFiles(artifacts, new Set(["/ws/app/Cargo.toml"])));

  test("takes binaries and linkable libraries of members", () => {
    const library = artifact({
      kind: ["cdylib", "staticlib", "rlib"],
      files: ["/t/libapp.so", "/t/libapp.a", "/t/libapp.rlib"],
      executable: undefined,
    });
    expect(install(artifact({}), library)).toEqual({
      "bin/app": "/target/debug/app",
      "lib/libapp.a": "/t/libapp.a",
      "lib/libapp.so": "/t/libapp.so",
    });
  });

  test("takes examples to a folder of theirs", () => {
    const library = { kind: ["example"], executable: undefined };
    expect(
      install(
        artifact({}),
        artifact({ kind: ["example"], executable: "/target/debug/examples/app" }),
        artifact({ ...library, files: ["/t/examples/libplug.so", "/t/examples/libplug.rlib"] }),
      ),
    ).toEqual({
      "bin/app": "/target/debug/app",
      "examples/app": "/target/debug/examples/app",
      "examples/libplug.so": "/t/examples/libplug.so",
    });
  });

  test("leaves tests, macros, means and strangers", () => {
    expect(
      install(
        artifact({ isTest: true }),
        artifact({ kind: ["proc-macro"], files: ["/t/libm.so"], executable: undefined }),
        artifact({ executable: "/t/deps/artifact/app-1/bin/app" }),
        artifact({ manifest: "/vendor/serde/Cargo.toml" }),
      ),
    ).toEqual({});
  });

  test("two files in one place are an error", () => {
    expect(() => install(artifact({}), artifact({ executable: "/target/triple/app" }))).toThrow(
      "`bin/app` would be both `/target/debug/app` and `/target/triple/app`",
    );
  });
});

function artifact(fields: Partial<Artifact>): Artifact {
  return {
    packageId: "path+file:///ws/app#1.0.0",
    manifest: "/ws/app/Cargo.toml",
    target: "app",
    kind: ["bin"],
    isTest: false,
    isFresh: false,
    files: ["/target/debug/app"],
    executable: "/target/debug/app",
    ...fields,
  };
}
