/**
 * Where the bundles are that are published.
 *
 * @module
 */

/**
 * The bundle of a package, as a URL.
 *
 * @param {string} folder of the package, in `packages`
 * @returns {string}
 */
export function bundleOf(folder) {
  return new URL(`../../packages/${folder}/dist/bundle/index.js`, import.meta.url).href;
}
