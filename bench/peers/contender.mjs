/**
 * Contenders: build tools, as the benches see them.
 *
 * @module
 */

/**
 * How a project is to be built.
 *
 * @typedef {object} ProjectOptions
 * @property {number} count stages
 * @property {string} tools folder for programs that a contender has to install
 */

/**
 * @typedef {object} Built
 * @property {number} ms the whole process, from start to end
 * @property {number} ran commands that were executed
 * @property {Record<string, number>} [details] what else the contender says of itself
 */

/**
 * The graph in one folder, described for one contender. Its sources are written already.
 *
 * @typedef {object} Project
 * @property {() => Built} build builds in one process
 * @property {() => string[]} digests SHA-256 of each output of the last layer, after a build
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(tools: string) => string | undefined} version `undefined` when it is absent; may install it
 * @property {(folder: string, options: ProjectOptions) => Project} open
 */

/** Commands at once, for every contender. */
export const slots = 2;
