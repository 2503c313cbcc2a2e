/** Podman without root: as an ordinary user, with users of its own by `/etc/subuid`. */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { commandOf } from "../../local/test/child.ts";
import { folder } from "./rig.ts";

/** An ordinary user of this machine that may have others below it. */
function findUser(): { readonly uid: string; readonly gid: string } | string {
  if (spawnSync("podman", ["--version"]).error !== undefined) return "there is no podman";
  if (!fs.existsSync("/usr/bin/busybox")) return "there is no static busybox";
  if (process.getuid?.() !== 0) return "only root can become another user";
  if (!fs.existsSync("/usr/bin/setpriv")) return "there is no setpriv to leave root with";
  if (!fs.existsSync("/usr/bin/newuidmap")) return "there is no newuidmap";
  const read = (path: string): string[] => fs.readFileSync(path, "utf8").split("\n");
  const owners = new Set(read("/etc/subuid").map((line) => line.split(":")[0]));
  for (const line of read("/etc/passwd")) {
    const [name, , uid = "0", gid = "0"] = line.split(":");
    if (owners.has(name) && uid !== "0") return { uid, gid };
  }
  return "no user has entries in /etc/subuid";
}

const user = findUser();
const isThere = typeof user !== "string";

describe.skipIf(!isThere)(`podman without root${isThere ? "" : ` (not here: ${user})`}`, () => {
  test("runs commands as the user who builds, without a network, in warm containers", () => {
    if (!isThere) return;
    const home = folder();
    fs.chownSync(home, Number(user.uid), Number(user.gid));
    const env = { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: join(home, "run") };
    const drop = ["--reuid", user.uid, "--regid", user.gid, "--clear-groups", "--"];
    const asUser = (...words: string[]): string =>
      execFileSync("setpriv", [...drop, ...words], { env, cwd: home, encoding: "utf8" });
    asUser("sh", "-ec", makeImage);
    const module = new URL("children/rootless.ts", import.meta.url);
    const said = asUser(...commandOf(module, ["localhost/rootless:1", home], {}));
    // Layers of its store belong to users that only it may remove.
    asUser("podman", "unshare", "rm", "-rf", join(home, ".local"));
    expect(JSON.parse(said)).toEqual({
      log: `${user.uid}\nlo\n`,
      uid: Number(user.uid),
      own: Number(user.uid),
      ran: ["again"],
      printed: "inside\n",
    });
  });
});

const makeImage = `
  mkdir -p "$XDG_RUNTIME_DIR" root/bin root/tmp
  cp /usr/bin/busybox root/bin/
  for a in sh env cat ls id true mkdir cp ln; do ln -s busybox root/bin/$a; done
  tar -C root -c . | podman import - rootless:1 2> /dev/null`;
