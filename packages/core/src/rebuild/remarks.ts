/**
 * Remarks of a run, read from the log that is kept of it.
 *
 * @module
 */
import { sizeOf, type Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { readRemarks, unreadLog, type Remark } from "../graph/remark.ts";
import type { StageCall } from "../graph/stage.ts";
import type { ContentStore } from "../store/store.ts";

/** The blobs that a command's log is in. */
export interface KeptLog {
  readonly stdout: Digest;
  readonly stderr: Digest;
}

/** Bytes of a log that is read. Whoever prints more has not written it to be read. */
const maxBytes = 2 ** 26;

/**
 * What a run of a call gave rise to say.
 *
 * @returns `undefined` when that is nothing: its command has no reader, there is nothing in the log, or the log is lost.
 */
export async function remarksOf(
  { command }: StageCall,
  log: KeptLog | undefined,
  content: ContentStore,
): Promise<readonly Remark[] | undefined> {
  const { remarks: reader } = command.run;
  if (reader === undefined || log === undefined) return undefined;
  if (sizeOf(log.stdout) + sizeOf(log.stderr) > maxBytes) {
    return [unreadLog(`it is larger than ${maxBytes >> 20} MiB`)];
  }
  let text = "";
  try {
    for (const digest of [log.stdout, log.stderr]) {
      if (!digest.endsWith("/0")) text += (await content.read(digest)).toString("utf8");
    }
  } catch (error) {
    // Whoever needs the log finds out by himself that it is lost.
    if (error instanceof BuildError) return undefined;
    throw error;
  }
  const found = text === "" ? [] : readRemarks(reader, text);
  return found.length === 0 ? undefined : found;
}
