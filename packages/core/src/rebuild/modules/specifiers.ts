/**
 * Specifiers: what a module says that it imports.
 *
 * Read off where they are literal, wherever they stand. What is computed when the module runs is not
 * seen, and need not be: a file that nobody named is not there when the module runs.
 *
 * @module
 */
import { childrenOf, type SyntaxNode } from "../../graph/syntax.ts";

/** One mention of another file or package. */
export interface Specifier {
  readonly text: string;
  /** How it is looked for: as `import` or `require` does, or as a file beside the module. */
  readonly way: "import" | "require" | "file";
  /** Whether the module cannot be loaded without it. */
  readonly isStatic: boolean;
}

/** The specifiers of a module, in the order of their mention. */
export function specifiersOf(program: SyntaxNode): readonly Specifier[] {
  const requires = new Set(["require"]);
  for (const node of nodesOf(program)) {
    const isMade = node.type === "VariableDeclarator" && isCreateRequire(node.init);
    if (isMade && node.id?.name !== undefined) requires.add(node.id.name);
  }
  const found: Specifier[] = [];
  for (const node of nodesOf(program)) {
    const { type, source, callee } = node;
    const [first, second] = node.arguments ?? [];
    if (type === "ImportExpression") add(found, source, "import");
    else if (source && /^(?:Import|Export)/.test(type)) add(found, source, "import", true);
    else if (type === "NewExpression" && callee?.name === "URL" && isMeta(second, "url")) {
      add(found, first, "file");
    } else if (type === "CallExpression" && isMeta(callee, "resolve")) add(found, first, "import");
    else if (type === "CallExpression" && callee && isRequire(callee, requires)) {
      add(found, first, "require");
    }
  }
  return found;
}

function add(
  found: Specifier[],
  node: SyntaxNode | null | undefined,
  way: Specifier["way"],
  isStatic = false,
): void {
  const quasis = node?.type === "TemplateLiteral" ? (node.quasis ?? []) : [];
  const cooked = (quasis[0]?.value as { readonly cooked?: unknown } | undefined)?.cooked;
  const value = quasis.length === 1 ? cooked : node?.value;
  if (typeof value === "string") found.push({ text: value, way, isStatic });
}

/** `require`, `require.resolve`, and what `createRequire` made. */
function isRequire(callee: SyntaxNode, names: ReadonlySet<string>): boolean {
  if (callee.name !== undefined) return names.has(callee.name);
  if (isCreateRequire(callee)) return true;
  return callee.property?.name === "resolve" && names.has(callee.object?.name ?? "");
}

/** `createRequire(import.meta.url)`, and `module.createRequire(...)`. */
function isCreateRequire(node: SyntaxNode | null | undefined): boolean {
  const { type, callee } = node ?? {};
  return type === "CallExpression" && (callee?.property ?? callee)?.name === "createRequire";
}

/** `import.meta.<name>`. */
function isMeta(node: SyntaxNode | undefined, name: string): boolean {
  return node?.object?.type === "MetaProperty" && node.property?.name === name;
}

function* nodesOf(node: SyntaxNode): Generator<SyntaxNode, void> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}
