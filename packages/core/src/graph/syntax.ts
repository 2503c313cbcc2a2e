/**
 * Syntax: JavaScript as a tree of nodes.
 *
 * The parser is imported when the first text must be looked into: a build in which nothing has changed
 * needs none.
 *
 * @module
 */

/** A node, with those of the fields of ESTree that are looked at here. */
export interface SyntaxNode {
  readonly type: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly value?: unknown;
  readonly kind?: string;
  readonly computed?: boolean;
  readonly id?: SyntaxNode | null;
  readonly key?: SyntaxNode;
  readonly left?: SyntaxNode;
  readonly init?: SyntaxNode | null;
  readonly quasis?: readonly SyntaxNode[];
  readonly param?: SyntaxNode | null;
  readonly object?: SyntaxNode;
  readonly property?: SyntaxNode;
  readonly argument?: SyntaxNode;
  readonly expression?: SyntaxNode;
  readonly callee?: SyntaxNode;
  readonly source?: SyntaxNode | null;
  readonly body?: SyntaxNode | readonly SyntaxNode[];
  readonly params?: readonly SyntaxNode[];
  readonly arguments?: readonly SyntaxNode[];
  readonly elements?: readonly (SyntaxNode | null)[];
  readonly properties?: readonly SyntaxNode[];
  readonly declarations?: readonly SyntaxNode[];
}

/** What kind of text it is: scripts have no imports, and modules are strict. */
export type TextKind = "script" | "module" | "commonjs";

/** A text that is no JavaScript of the versions that the parser knows. */
export class NotJavaScript extends Error {}

/**
 * Parses a text.
 *
 * @throws {@link NotJavaScript} with the parser's message, which names line and column.
 */
export async function parse(text: string, kind: TextKind): Promise<SyntaxNode> {
  const acorn = await import("acorn");
  try {
    return acorn.parse(text, {
      ecmaVersion: "latest",
      sourceType: kind,
      allowHashBang: true,
    }) as SyntaxNode;
  } catch (error) {
    throw new NotJavaScript(error instanceof Error ? error.message : String(error));
  }
}

/** The nodes right below a node, in the order of its fields. */
export function* childrenOf(node: SyntaxNode): Generator<SyntaxNode, void> {
  for (const field of Object.values(node) as unknown[]) {
    if (Array.isArray(field)) yield* (field as unknown[]).filter(isNode);
    else if (isNode(field)) yield field;
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
