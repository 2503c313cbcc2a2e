/**
 * Of the parser, what is used. Its own types tell every kind of node apart, where we walk over all of
 * them alike: see {@link SyntaxNode}.
 *
 * @module
 */
declare module "acorn" {
  export function parse(
    text: string,
    options: {
      readonly ecmaVersion: "latest";
      readonly sourceType: "script" | "module" | "commonjs";
      readonly allowHashBang: boolean;
    },
  ): unknown;
}
