/**
 * Dep-info files (`*.d`): which sources a compiled unit was made of, in Makefile syntax.
 *
 * @module
 */

/** The sources of a unit: what its first rule depends on. Spaces in paths are escaped. */
export function depInfoSources(text: string): readonly string[] {
  const [rule] = /^[^#\n].*?:( .*)?$/m.exec(text) ?? [""];
  const sources = rule.slice(rule.search(/:( |$)/) + 1);
  return (sources.match(/(\\.|[^\\ ])+/g) ?? []).map((path) => path.replaceAll("\\ ", " "));
}
