/**
 * A root file system that the build makes, and stages that run in it; the others run on this machine.
 *
 *     node packages/examples/dist/rootfs.js docker
 *
 * Wants Docker or Podman, and the static busybox of Debian (`apt-get install busybox-static`). No registry
 * is asked: the image is an artifact, and known by its digest.
 *
 * @module
 */
import { all, build, out, runners, sh, source, stage, type File, type Tree } from "@ashlar/core";
import { containerRunner } from "@ashlar/runner-container";
import { localRunner } from "@ashlar/runner-local";

const [engine = "docker"] = process.argv.slice(2);

const script = `
  mkdir -p root/bin root/etc
  cp "$(command -v busybox)" root/bin/busybox
  for name in sh env cat sort tr uniq; do ln -s busybox root/bin/$name; done
  echo "made by a build" > root/etc/motd`;

const rootfs = stage("rootfs", () => sh({ outputs: { root: out.tree("root") } })`sh -ec ${script}`);

const words = stage(
  "words",
  ({ image, poem }: { image: Tree; poem: File }) =>
    sh({
      image,
      resources: { cpu: 1, memory: 2 ** 26 },
    })`sh -c ${'tr -cs A-Za-z "\\n" < "$0" | sort | uniq > "$1"; cat /etc/motd'} ${poem} ${out.file("words")}`,
);

const count = stage(
  "count",
  (list: File) => sh`sh -c ${'sort "$0" | wc -l > "$1"'} ${list} ${out.file("count")}`,
);

const poem = source.file(new URL("../functions/poem.txt", import.meta.url));
const list = words({ image: rootfs(), poem });
const counted = count(list);

await using runner = runners({
  default: localRunner(),
  byImage: await containerRunner({ engine }),
});
const report = await build(all({ list, counted }), { runner });
for (const { name, outcome, ranBy } of report.stages) console.log(`${name}: ${outcome} (${ranBy})`);
console.log(`${(await report.text(counted)).trim()} words`);
