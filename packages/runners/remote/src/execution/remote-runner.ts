/**
 * The remote runner: each action is executed by a service of the Remote Execution API.
 *
 * The key of an action is the digest of the message that the service is given, byte for byte. So what it keeps under that
 * digest is what our key means, and whoever asks it with the same key gets that.
 *
 * @module
 */
import {
  BuildError,
  invalidOption,
  meetsDemand,
  systemClock,
  untilAborted,
  type Action,
  type Execution,
  type Hermeticity,
  type NameValue,
  type RunContext,
  type Runner,
  type RunnerAbility,
  type RunnerImage,
} from "@ashlar/core";

import { clientOf } from "../ran-by.ts";
import { connect } from "../reapi/connect.ts";
import { remoteCache } from "../reapi/reapi-cache.ts";
import type { RemoteCache } from "../remote-cache.ts";
import { executorUnavailable, imageUnfit, staysHere } from "./errors.ts";
import { Fallback } from "./fallback.ts";
import type { RemoteRunnerOptions } from "./options.ts";
import { persistent } from "./persistent-cache.ts";
import { race } from "./race.ts";
import { Rest } from "./rest.ts";
import { Service, type RemoteExecution } from "./service.ts";

/** What most clusters are made of. */
const usualPlatform = { ISA: "x86-64", OSFamily: "linux" };

/**
 * Makes a runner that executes on a service. Nothing connects before the first action.
 *
 * What a service cannot be given stays on this machine: secrets, caches, volatile values, and tools of artifacts on `PATH`.
 * Commands that need such are for the `fallback`, and an error without one. A command finds the programs of its worker,
 * whatever tools it declares.
 *
 * @throws {@link BuildError} `REMOTE_ADDRESS`, `INVALID_OPTION`.
 * @example
 * ```ts
 * await using runner = remoteRunner({ endpoint: "grpcs://cluster.example/main", fallback: localRunner() });
 * await build(app, { runner, slots: 200 });
 * ```
 */
export function remoteRunner(options: RemoteRunnerOptions): Runner {
  const { endpoint, cache = endpoint, fallback, race: rival, demands } = options;
  const { fallbackFor = ["unavailable", "unable"], hermeticity = "declared" } = options;
  const platform = propertiesOf(options.platform ?? usualPlatform);
  for (const [name, other] of [
    ["fallback", fallback],
    ["race", rival],
  ] as const) {
    if (other !== undefined) insistOnPlatform(name, platform, other);
  }
  const connection = connect(endpoint, options);
  const own = typeof cache === "string" ? remoteCache(cache, options) : undefined;
  const service = new Service({
    connection,
    cache: persistent(own ?? (cache as RemoteCache)),
    priority: options.priority ?? 0,
    reuse: options.reuse ?? true,
    // Nobody waits long for a service that somebody here stands in for.
    askMs: fallback !== undefined && fallbackFor.includes("unavailable") ? 2000 : 5000,
    isTrusted: (worker) => clientOf(worker) === undefined || meetsDemand(worker, demands),
  });
  const parts: Parts = {
    service,
    rest: new Rest(),
    hermeticity,
    demands,
    fallback: fallback && new Fallback(fallback, fallbackFor),
    rival,
    dispose: async () => {
      const ends = [fallback, rival, service, own].map(
        async (each) => await each?.[Symbol.asyncDispose](),
      );
      for (const end of await Promise.allSettled(ends))
        if (end.status === "rejected") throw end.reason;
    },
  };
  return new RemoteRunner(platform, parts);
}

/** What a runner shares with those of it that are in an image. */
interface Parts {
  readonly service: Service;
  readonly rest: Rest;
  readonly hermeticity: Hermeticity;
  readonly demands: Hermeticity | undefined;
  readonly fallback: Fallback | undefined;
  readonly rival: Runner | undefined;
  readonly dispose: () => Promise<void>;
}

class RemoteRunner implements Runner {
  readonly name = "remote";
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  readonly abilities: readonly RunnerAbility[];
  readonly demands: Hermeticity | undefined;
  readonly #parts: Parts;

  constructor(platform: readonly NameValue[], parts: Parts) {
    this.platform = platform;
    this.hermeticity = parts.hermeticity;
    this.demands = parts.demands;
    this.#parts = parts;
    const { fallback } = parts;
    // What cannot leave this machine is for the one who runs here.
    this.abilities = fallback?.isFor("unable") === true ? (fallback.runner.abilities ?? []) : [];
  }

  async inImage(image: RunnerImage): Promise<Runner> {
    if (typeof image !== "string")
      throw imageUnfit(await Promise.resolve(nameOf(image)), "artifact");
    if (!/@sha256:[0-9a-f]{64}$/.test(image)) throw imageUnfit(image, "unpinned");
    const property = { name: "container-image", value: `docker://${image}` };
    const others = this.platform.filter(({ name }) => name !== property.name);
    const { fallback, rival, ...rest } = this.#parts;
    const inIt = async (runner: Runner): Promise<Runner | undefined> =>
      await runner.inImage?.(image, new AbortController().signal);
    const own = fallback && (await inIt(fallback.runner));
    return new RemoteRunner([...others, property], {
      ...rest,
      fallback: own && fallback.with(own),
      rival: rival && (await inIt(rival)),
    });
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    const { rival, fallback } = this.#parts;
    const reason = bound(action);
    if (rival !== undefined && reason === undefined && !action.hasSideEffects) {
      const remote = async (own: RunContext): Promise<Execution> =>
        await this.#runRemotely(action, own);
      const local = async (own: RunContext): Promise<Execution> =>
        asRunBy(rival, await rival.run(action, own));
      return await race(remote, local, context);
    }
    const remotely = async (): Promise<Execution> => {
      if (reason !== undefined) throw staysHere(action.name, reason.what, reason.isTool);
      return await this.#runRemotely(action, context);
    };
    if (fallback === undefined) return await remotely();
    return await fallback.use(remotely, async (runner) =>
      asRunBy(runner, await runner.run(action, context)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.dispose();
  }

  async #execute(action: Action, context: RunContext): Promise<RemoteExecution> {
    const { service, rest, fallback } = this.#parts;
    const { clock = systemClock } = context;
    rest.check(clock);
    try {
      return await service.execute(action, context);
    } catch (error) {
      const isAway = error instanceof BuildError && error.code === "REMOTE_UNAVAILABLE";
      if (!isAway) throw error;
      const away = executorUnavailable(error);
      // A fallback has a rest of its own. And one command that always breaks its stream is no reason to give others up.
      const isForRest = fallback?.isFor("unavailable") !== true;
      if (isForRest && !(await untilAborted(service.isThere(), context.signal)))
        rest.begin(away, clock);
      throw away;
    }
  }

  async #runRemotely(action: Action, context: RunContext): Promise<Execution> {
    const { execution, worker } = await this.#execute(action, context);
    // Of a result of another of our clients: that may have run on its own machine.
    const ranBy = clientOf(worker);
    return ranBy === undefined ? execution : { ...execution, ranBy };
  }
}

function asRunBy({ name, hermeticity }: Runner, execution: Execution): Execution {
  return { ...execution, ranBy: execution.ranBy ?? { name, hermeticity } };
}

/** What binds a command to this machine. */
interface Bond {
  readonly what: string;
  /** Whether it can do without, if it is written in another way. */
  readonly isTool: boolean;
}

/** What a command needs that no service can be given: it is in none of the messages. */
function bound({ caches, secrets, tools, volatile }: Action): Bond | undefined {
  const own = tools?.find(({ type }) => type === "input-tool");
  const [name] = volatile;
  const what =
    (secrets.length > 0 && "the values of secrets") ||
    (caches.length > 0 && "a cache") ||
    (name !== undefined && `the value of \`${name}\`, which is not in its key`);
  if (what !== false) return { what, isTool: false };
  return own && { what: `\`${own.name}\`, a tool of its inputs, on its \`PATH\``, isTool: true };
}

function propertiesOf(platform: Readonly<Record<string, string>>): NameValue[] {
  return Object.entries(platform).map(([name, value]) => ({ name, value }));
}

/** Results of another platform would stand under keys that say otherwise. */
function insistOnPlatform(option: string, platform: readonly NameValue[], other: Runner): void {
  for (const { name, value } of other.platform) {
    const own = platform.find((property) => property.name === name);
    if (own === undefined || own.value === value) continue;
    throw invalidOption(
      option,
      `a runner with ${name} ${value}`,
      `one of the platform of the service, whose ${name} is ${own.value}`,
    );
  }
}

function nameOf(image: Exclude<RunnerImage, string>): string {
  return "tree" in image
    ? `tree ${image.tree.slice(0, 12)}`
    : `archive ${image.archive.slice(0, 12)}`;
}
