/**
 * The composer: makes the actions of stage calls again, as far as their inputs are known.
 *
 * @module
 */
import { BuildError } from "../errors/build-error.ts";
import { toolsOf } from "../graph/command.ts";
import type { StageCall } from "../graph/stage.ts";
import { composeAction, type ComposedAction } from "../rebuild/compose.ts";
import { partsOf, type KeyPart } from "../rebuild/key-parts.ts";
import { resolveArtifact, resolveImage, type KnownValues } from "../rebuild/resolve.ts";
import type { ToolIdentities } from "../rebuild/tool-identities.ts";
import type { Placement } from "../runner/placement.ts";
import type { Value } from "../runner/runner.ts";
import type { ContentStore } from "../store/store.ts";

/** What is known of a call whose inputs may not all be known. */
export interface KnownAction {
  /** All but the input root. */
  readonly parts: readonly KeyPart[];
  /** Values of the mounts. */
  readonly values: readonly (Value | undefined)[];
}

/** Composes actions of one build, or plan. */
export class Composer {
  readonly #content: ContentStore;
  readonly #placement: Placement;
  readonly #identities: ToolIdentities;
  readonly #known: KnownValues;

  constructor(parts: {
    readonly content: ContentStore;
    readonly placement: Placement;
    readonly identities: ToolIdentities;
    readonly known: KnownValues;
  }) {
    this.#content = parts.content;
    this.#placement = parts.placement;
    this.#identities = parts.identities;
    this.#known = parts.known;
  }

  /** The action of a call. Rejects as `composeAction` and `resolveArtifact` do. */
  async compose(call: StageCall): Promise<ComposedAction> {
    const [content, placement, identities] = [this.#content, this.#placement, this.#identities];
    const values: Value[] = [];
    for (const { artifact } of call.command.mounts) {
      values.push(await resolveArtifact(content, artifact, this.#known));
    }
    const image = await resolveImage(content, call.command, this.#known);
    return await composeAction(call, values, { content, placement, identities, image });
  }

  /** The action of a call; `undefined` when it cannot be composed. */
  async tryCompose(call: StageCall): Promise<ComposedAction | undefined> {
    return await tryTo(() => this.compose(call));
  }

  /** As much of it as can be said. */
  async composeKnown({ command }: StageCall): Promise<KnownAction> {
    const values: (Value | undefined)[] = [];
    for (const { artifact } of command.mounts) {
      values.push(await tryTo(() => resolveArtifact(this.#content, artifact, this.#known)));
    }
    const image = await tryTo(() => resolveImage(this.#content, command, this.#known));
    const placed = await tryTo(() => this.#placement.of(command, image));
    const runner = placed ?? this.#placement.chosen(command);
    const tools = (await tryTo(() => this.#identities.of(toolsOf(command), runner))) ?? [];
    const { platform } = runner;
    const parts = partsOf({ command, tools, platform, inputRoot: undefined });
    return { parts, values };
  }
}

/** What a step gives; `undefined` when it cannot be taken. */
async function tryTo<T>(step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}
