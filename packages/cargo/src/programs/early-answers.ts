/**
 * Early answers: what cargo asks the compiler before it does anything else, asked before this program was there.
 *
 *     sh start.sh ─┬─ cargo tree, on a package of nothing ──▶ ../home/.rustc_info.json
 *                  └─ this program ─▶ … ─▶ ../target/.rustc_info.json ─▶ cargo build
 *
 * Cargo starts the compiler three times, one after the other, and keeps the answers in the target directory, by the
 * compiler's path and times. So no result can hold them, and each stage would ask again. The answers are cargo's
 * own: it believes them if they are of the compiler that it would ask, and asks otherwise. Nothing but time
 * depends on them.
 *
 * @module
 */
import { once } from "node:events";
import { copyFileSync, fstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { stdin } from "node:process";

/** Where cargo keeps answers, in a target directory. */
const ANSWERS = ".rustc_info.json";

/** Waits for the answers, if somebody asks, and leaves them in a target directory, if it is there. */
export async function takeAnswers(target: string): Promise<void> {
  try {
    await hearEnd();
    copyFileSync(join(dirname(target), "home", ANSWERS), join(target, ANSWERS));
  } catch {
    // There are none, or nothing is built here.
  }
}

/** Standard input is what cargo prints: it ends when cargo does. */
async function hearEnd(): Promise<void> {
  if (!fstatSync(0).isFIFO()) return;
  const end = once(stdin, "end");
  stdin.resume();
  await end;
}
