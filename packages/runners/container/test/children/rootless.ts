/**
 * A build as an ordinary user, on Podman. Its arguments: an image, and a folder that may be written to. Prints what it saw,
 * as JSON.
 *
 * @module
 */
import { statSync } from "node:fs";
import { join } from "node:path";

import { build, MemoryStore, out, sh, stage } from "@ashlar/core";
import { containerRunner } from "@ashlar/runner-container";

const [image = "", folder = ""] = process.argv.slice(2);

const lockFile = join(folder, "lock");
const runner = await containerRunner({ engine: "podman", image, lockFile, scratch: folder });
const script = 'id -u; ls -ld "$HOME" | cat > "$0"; ls /sys/class/net';
const made = stage("made", () => sh`sh -c ${script} ${out.file("o")}`)();
const report = await build(made, { runner, store: new MemoryStore() });
await report.export(made, join(folder, "o"));
const [only] = report.stages;
const log = only === undefined ? "" : await report.log(only);
const { uid } = statSync(join(folder, "o"));
const warm = await build(stage("again", () => sh`true`)(), { runner, store: new MemoryStore() });
const fill =
  "mkdir -p root/bin; cp /bin/busybox root/bin; for a in sh env; do ln -s busybox root/bin/$a; done";
const rootfs = stage("rootfs", () => sh({ outputs: { root: out.tree("root") } })`sh -ec ${fill}`)();
const inside = stage("inside", () => sh({ image: rootfs })`sh -c ${"echo inside"}`)();
const second = await build(inside, { runner, store: new MemoryStore() });
const printed = await second.log(second.stages[1]!);
await runner[Symbol.asyncDispose]();
process.stdout.write(JSON.stringify({ log, uid, own: process.getuid?.(), ran: warm.ran, printed }));
