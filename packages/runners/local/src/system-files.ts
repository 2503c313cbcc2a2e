/**
 * System files: an `/etc` with what programs cannot do without, and nothing that tells machines apart.
 *
 * Names of users are made up: programs want to know who they are, and need not know who else there is. Where
 * libraries are, and which program stands behind a name, is as on this machine.
 *
 * @module
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import type { Bind } from "./bubblewrap.ts";

/** Copied as they are, where they exist. They name no user, and no machine. */
const copied = ["ld.so.cache", "protocols", "services"];

/** Shown as they are on this machine. */
const alternatives = "/etc/alternatives";

/** What a command with network needs besides: where names are looked up, and whom to trust. */
const ofNetwork = [
  "/etc/resolv.conf",
  "/etc/ssl/certs",
  "/etc/pki/tls/certs",
  "/etc/ca-certificates",
];

/** Makes the files in a directory that is there and empty. @param visible - Paths that will be shown as well. */
export function writeSystemFiles(etc: string, visible: readonly string[]): void {
  const user = process.getuid?.() ?? 0;
  const group = process.getgid?.() ?? 0;
  const name = user === 0 ? "root" : "build";
  const groupName = group === 0 ? "root" : "build";
  const nobody = user === 65534 ? "" : "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
  const files = {
    passwd: `${name}:x:${user}:${group}:${name}:/nonexistent:/bin/sh\n${nobody}`,
    group: `${groupName}:x:${group}:\n${group === 65534 ? "" : "nogroup:x:65534:\n"}`,
    hosts: "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf":
      "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(etc, file), content);
  for (const file of copied) {
    if (existsSync(join("/etc", file))) copyFileSync(join("/etc", file), join(etc, file));
  }
  // What is bound there needs something to be bound on.
  const bound = [alternatives, ...ofNetwork, ...visible.filter((path) => path.startsWith("/etc/"))];
  for (const path of bound) {
    if (!existsSync(path)) continue;
    const place = join(etc, path.slice("/etc/".length));
    mkdirSync(dirname(place), { recursive: true });
    if (statSync(path).isDirectory()) mkdirSync(place, { recursive: true });
    else if (!existsSync(place)) writeFileSync(place, "");
  }
}

/** What is shown of the system besides its programs. @param etc - Where the files were made. */
export function systemBinds(etc: string, hasNetwork: boolean): Bind[] {
  const shown = [alternatives, ...(hasNetwork ? ofNetwork : [])].filter((path) => existsSync(path));
  return [
    { from: etc, to: "/etc" },
    // Some of them are links to what is not shown.
    ...shown.map((path) => ({ from: realpathSync(path), to: path })),
  ];
}
