/**
 * What tests of remote execution share: a service in memory that executes one command, and builds that use it.
 *
 * @module
 */
import {
  encodeActionResult,
  MemoryStore,
  out,
  sh,
  stage,
  tryBuild,
  type BuildEvent,
  type BuildOptions,
  type Clock,
  type Report,
  type Runner,
} from "@ashlar/core";
import { remoteRunner, type RemoteRunnerOptions } from "@ashlar/runner-remote";
import {
  ReapiServer,
  type ExecuteCall,
  type Executed,
  type ReapiServerOptions,
} from "@ashlar/runner-remote/testing";

/** Writes a file. */
export const write = stage("write", () => sh`write ${out.file("text")}`);

/**
 * A clock on which waits between tries take no time, and which stands still: however long this machine takes, no call has taken
 * too long.
 */
export const hasty: Clock = {
  now: () => 1_000_000,
  after: (_, callback) => {
    const handle = setImmediate(callback);
    return () => clearImmediate(handle);
  },
};

/** A service, and a runner on it. */
export class Rig implements AsyncDisposable {
  readonly server: ReapiServer;
  readonly runner: Runner;
  readonly store = new MemoryStore();
  readonly events: BuildEvent[] = [];
  /** How often the service executed something. */
  executed = 0;

  private constructor(server: ReapiServer, runner: Runner) {
    this.server = server;
    this.runner = runner;
  }

  /** @param execute - @defaultValue writes `text`, and prints a line */
  static async start(
    {
      execute = ({ content }: ExecuteCall) => writes(content, "content"),
      ...settings
    }: ReapiServerOptions = {},
    options: Partial<RemoteRunnerOptions> = {},
  ): Promise<Rig> {
    const counting = async (call: ExecuteCall): Promise<Executed> => {
      rig.executed++;
      return await execute(call);
    };
    const server = await ReapiServer.start({ ...settings, execute: counting });
    const rig = new Rig(server, remoteRunner({ endpoint: server.address, ...options }));
    return rig;
  }

  async build(target = write(), options: Partial<BuildOptions> = {}): Promise<Report> {
    const { runner, store, events } = this;
    const onEvent = (event: BuildEvent): void => void events.push(event);
    return await tryBuild(target, { runner, store, clock: hasty, onEvent, ...options });
  }

  /** The names of the calls that came in, each once for those that follow one another. */
  get calls(): string[] {
    const names = this.server.calls.map(({ method }) => method);
    return names.filter((name, at) => name !== names[at - 1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** The result of a command that writes `out/text`, and prints a line. */
export function writes(
  content: ExecuteCall["content"],
  text: string,
  { exitCode = 0, worker = "", startedAt = 1000, finishedAt = 3000 } = {},
): Executed {
  const digest = content.add(Buffer.from(text));
  const empty = content.add(Buffer.of());
  const result = encodeActionResult({
    files: exitCode === 0 ? [{ path: "out/text", digest, isExecutable: false }] : [],
    directories: [],
    ...{ exitCode, worker, startedAt, finishedAt },
    stdout: content.add(Buffer.from(`wrote ${text}\n`)),
    stderr: empty,
  });
  return { result };
}
