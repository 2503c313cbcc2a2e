/**
 * The surroundings of the program: where it works, what it writes to, and what can stop it.
 *
 * Everything that a command knows of the process comes through here, so that a test, or a tool that has
 * this command line inside of itself, can hand it other ones.
 *
 * @module
 */

/** Something to write text to: a terminal, a pipe or a file. */
export interface Output {
  write(text: string): void;
  /** Whether it is a terminal, which can be drawn on. */
  readonly isTTY: boolean;
  /** Size of the terminal in characters; absent elsewhere. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** The stream itself, for libraries that draw; absent where there is none. */
  readonly stream?: NodeJS.WriteStream;
}

/** What a command may know and use of its process. */
export interface Surroundings {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For what was asked for: data, and nothing besides. */
  readonly out: Output;
  /** For what happens meanwhile: progress, logs, errors. */
  readonly err: Output;
  /**
   * Aborted when the user wants it to end. Its reason is a {@link Stopped}. Asked for only when there is something to
   * end in good order.
   */
  readonly signal: AbortSignal;
}

/** Why it was stopped. */
export class Stopped extends Error {
  readonly by: "SIGINT" | "SIGTERM" | "SIGHUP";

  constructor(by: Stopped["by"]) {
    super(by === "SIGINT" ? "Ctrl-C" : by);
    this.by = by;
  }
}

/** A stream of this process, as an output. */
export function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    stream,
    write: (text) => {
      stream.write(text);
    },
    get isTTY() {
      // Absent where it is no terminal, whatever its type says.
      return (stream.isTTY as boolean | undefined) ?? false;
    },
    get columns() {
      return stream.columns as number | undefined;
    },
    get rows() {
      return stream.rows as number | undefined;
    },
  };
}
