/**
 * Secrets on their way through the local runner: what a command prints has their values covered up.
 *
 * They are put into arguments and variables at the last moment (`fillSecrets`), and reach neither the
 * scratch directory nor the store. On a stable place that is a view, the arguments of the program that
 * makes it hold the variables for a moment; those of the machine's users who may see them then may see the
 * environment of the command as well.
 *
 * @module
 */
import type { RunContext } from "@ashlar/core";

/** Takes what a command prints. */
export type LogSink = (stream: "stdout" | "stderr", chunk: Buffer) => Promise<void>;

/** A sink that has to be told when the command is over. */
export interface CoveredSink {
  readonly add: LogSink;
  /** Passes on what was held back. */
  readonly end: () => Promise<void>;
}

/** A sink that passes on what it takes, without the values of secrets. */
export function coverSecrets(secrets: RunContext["secrets"], sink: LogSink): CoveredSink {
  if (secrets === undefined) return { add: sink, end: async () => {} };
  const veils = { stdout: secrets.veil(), stderr: secrets.veil() };
  const pass: LogSink = async (stream, bytes) => {
    if (bytes.byteLength > 0) await sink(stream, bytes);
  };
  return {
    add: async (stream, chunk) => await pass(stream, veils[stream].add(chunk)),
    end: async () => {
      for (const stream of ["stdout", "stderr"] as const) await pass(stream, veils[stream].end());
    },
  };
}
