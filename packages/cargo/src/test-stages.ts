/**
 * The stages that run tests. What they report is there also when tests fail: of a stage that failed, the report of a
 * build can still read its `reports`.
 *
 * @module
 */
import { out, sh, stage, type File, type Out, type Stage, type Tree } from "@ashlar/core";

import { programRoot } from "./stage-programs.ts";
import { consume, inStage, wordsIn, type Args, type Base, type Consumer } from "./stages.ts";

/** Inputs of tests that are built already. */
export interface Archived {
  readonly ws: Tree;
  readonly archive: File;
}

/** Where the archive of built tests is, from the workspace. */
export const ARCHIVE = "../archive/tests.tar.zst";

const reports: { readonly reports: Out<"reports", "tree"> } = {
  reports: out.tree("reports", { evenIfFailed: true }),
};

/** Runs `cargo test`. */
export const test: Consumer<{ reports: "tree" }> = runTests("test");

/** Runs `cargo test --doc`. */
export const docTest: Consumer<{ reports: "tree" }> = runTests("doctest");

/** Runs `cargo nextest run`. */
export const nextest: Consumer<{ reports: "tree" }> = stage("nextest", (inputs, args, base) =>
  consume(inputs, "nextest", { args, reports: "../reports" }, base, reports),
);

/** Runs `cargo nextest archive`: builds all tests, and packs them. */
export const nextestArchive: Consumer<{ archive: "file" }> = stage(
  "nextest-archive",
  (inputs, args, base) =>
    consume(inputs, "nextest", { args }, base, { archive: out.file("archive/tests.tar.zst") }),
);

/** Runs a part of the tests of an archive. */
export const nextestPartition: Stage<[Archived, Args, Base], { reports: "tree" }> = stage(
  "nextest",
  ({ ws, archive }, args, base) => {
    const root = { ws, "archive/tests.tar.zst": archive, ...programRoot("nextest") };
    const options = inStage(base, root, reports);
    const parameters = { args, reports: "../reports", isArchived: true };
    return sh(options)`${wordsIn(base, "nextest", parameters)}`;
  },
);

function runTests(name: string): Consumer<{ reports: "tree" }> {
  return stage(name, (inputs, args, base) =>
    consume(inputs, "tests", { args, reports: "../reports" }, base, reports),
  );
}
