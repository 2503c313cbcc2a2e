/**
 * Launchers that are started and ended, with no command between. Prints how many processes each has left behind. Its argument:
 * a folder for them.
 *
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Launcher } from "../../src/launcher.ts";

const [folder = ""] = process.argv.slice(2);

function started(): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(join("/proc", name, "cmdline"), "latin1").includes(folder);
    } catch {
      return false;
    }
  });
}

const left: number[] = [];
for (let count = 0; count < 20; count++) {
  const launcher = new Launcher(mkdtempSync(join(folder, "launcher-")));
  launcher.start();
  await launcher.end();
  left.push(started().length);
}
process.stdout.write(JSON.stringify(left));
