/**
 * Posts: where a launcher starts commands, one at a time.
 *
 * Everything goes through named pipes in the post's folder (`launcher-script.ts`). Each command opens those
 * for its output anew, so their end is the end of that command's output, and who still holds one when the
 * command is over is seen.
 *
 * @module
 */
import * as fs from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";

import { LogStream } from "./log-stream.ts";

/** How a command at a post ended. */
export interface Ending {
  /** Number of its process, and of its group. */
  readonly process: number;
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
}

/** The shell at a post is gone, and with it the one who knows how its command ended. */
export class PostLost extends Error {
  /** Number of the command's process, if it was started. */
  readonly process: number | undefined;

  constructor(process: number | undefined) {
    super("the shell that starts commands is gone");
    this.process = process;
  }
}

/** Reading without waiting for somebody to write. */
const readNow = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK;

/** Names of signals by their numbers. Of two names for one number, Node says the first. */
const signalNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
);

/** Holds what is read at once. Nothing stays in it. */
const buffer = Buffer.allocUnsafe(65_536);

/** One place for commands. */
export class Post {
  readonly #folder: string;
  readonly #in: number;
  readonly #command: number;
  readonly #status: Socket;
  /** Opened before there is a writer, or the system would not tell that all writers are gone. */
  readonly #fds: Record<"stdout" | "stderr", number>;
  #count = 0;
  #heard = "";
  #isLost = false;
  #isSpoilt = false;
  #settle: { readonly end: (ending: Ending) => void; readonly lose: () => void } | undefined;

  /** @param folder - Absolute. The launcher has said that it is ready. */
  constructor(folder: string) {
    this.#folder = folder;
    // For both directions, so that it does not wait for the shell to open the other end.
    this.#in = fs.openSync(join(folder, "in"), fs.constants.O_RDWR);
    this.#command = fs.openSync(join(folder, "command"), "wx", 0o600);
    this.#fds = { stdout: this.#open("stdout"), stderr: this.#open("stderr") };
    this.#status = toSocket(this.#open("status"));
    this.#status.setEncoding("latin1");
    this.#status.on("data", (text) => this.#hear(String(text)));
    this.#status.on("close", () => this.#lose());
    this.#status.unref();
  }

  /** Whether another command may be started here. */
  get isFit(): boolean {
    return !this.#isLost && !this.#isSpoilt;
  }

  /** Starts a command, given as a script that becomes it. Rejects with {@link PostLost}. */
  async start(script: string): Promise<Ending> {
    // What is left of a longer one comes after the end of this one, and is never read.
    fs.writeSync(this.#command, script, 0);
    this.#count++;
    this.#status.ref();
    try {
      return await new Promise<Ending>((end, reject) => {
        const lose = (): void => reject(new PostLost(this.process()));
        this.#settle = { end, lose };
        if (this.#isLost) return lose();
        fs.writeSync(this.#in, `${this.#count}\n`);
      });
    } finally {
      this.#settle = undefined;
      this.#status.unref();
    }
  }

  /** Number of the process of the command that was started last; `undefined` before it is known. */
  process(): number | undefined {
    try {
      const text = fs.readFileSync(join(this.#folder, "process"), "latin1");
      const [, count, process] = /^(\d+) (\d+)\n/.exec(text) ?? [];
      return Number(count) === this.#count ? Number(process) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether the command that was started last has opened its streams. */
  hasStarted(): boolean {
    try {
      const text = fs.readFileSync(join(this.#folder, "started"), "latin1");
      return Number(text.slice(0, text.indexOf("\n"))) === this.#count;
    } catch {
      return false;
    }
  }

  /** A stream of what the command prints, as it comes. The command must have started. */
  follow(stream: "stdout" | "stderr"): LogStream {
    const fd = this.#fds[stream];
    this.#fds[stream] = this.#open(stream);
    return new LogStream(toSocket(fd));
  }

  /**
   * What is there of what the command printed, after its end. False if there may be more, for somebody
   * still holds the stream open.
   */
  async drain(
    stream: "stdout" | "stderr",
    onChunk: (chunk: Buffer) => Promise<void>,
  ): Promise<boolean> {
    for (;;) {
      const size = readSome(this.#fds[stream]);
      if (size === undefined) return false;
      if (size === 0) return true;
      await onChunk(Buffer.from(buffer.subarray(0, size)));
    }
  }

  /** Takes no more commands: whoever writes to the old one's streams must not meet a new one. */
  spoil(): void {
    this.#isSpoilt = true;
  }

  /** Ends the post. No command may be running. */
  close(): void {
    this.#isSpoilt = true;
    for (const fd of [this.#in, this.#command, ...Object.values(this.#fds)]) fs.closeSync(fd);
    this.#status.destroy();
    removeFolder(this.#folder);
  }

  #open(name: string): number {
    return fs.openSync(join(this.#folder, name), readNow);
  }

  #hear(text: string): void {
    this.#heard += text;
    const [, count, status, process] = /^(\d+) (\d+) (\d+)\n$/.exec(this.#heard) ?? [];
    if (Number(count) !== this.#count) return;
    this.#heard = "";
    this.#settle?.end({ process: Number(process), ...this.#read(Number(status)) });
  }

  /** A status above 128 is a signal, or an exit code just as great: then bash has said so. */
  #read(status: number): Pick<Ending, "exitCode" | "endedBy"> {
    if (status <= 128) return { exitCode: status, endedBy: undefined };
    const said = fs.readFileSync(join(this.#folder, "said"), "latin1").trimEnd();
    const isExit = said.slice(said.lastIndexOf("\n") + 1).includes(`Exit ${status} `);
    if (isExit) return { exitCode: status, endedBy: undefined };
    return { exitCode: undefined, endedBy: signalNames.get(status - 128) ?? `SIG${status - 128}` };
  }

  #lose(): void {
    this.#isLost = true;
    this.#settle?.lose();
  }
}

/**
 * Removes the folder of a post. The shell may be noting who waits for the next command while it goes, until it hears that
 * nobody asks.
 */
export function removeFolder(folder: string): void {
  for (let tries = 1; ; tries++) {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
      // That has looked at pipes. Node 20 takes what it looked at last for what it resolves next, and stops following links
      // at a pipe: a module that is imported after that would be another one than before.
      fs.statSync("/", { throwIfNoEntry: false });
      return;
    } catch (error) {
      const isFilled = error instanceof Error && "code" in error && error.code === "ENOTEMPTY";
      if (!isFilled || tries === 100) throw error;
    }
  }
}

function toSocket(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

/** The number of bytes read; `undefined` when none have come yet, but still may. */
function readSome(fd: number): number | undefined {
  try {
    return fs.readSync(fd, buffer);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
    throw error;
  }
}
