/**
 * Free names: what a function uses and does not declare.
 *
 * Follows the scopes of strict JavaScript: what is declared by `var` belongs to the function around it,
 * everything else to the block.
 *
 * @module
 */
import { childrenOf, type SyntaxNode } from "./syntax.ts";

/** A use of something that is declared outside. */
export interface FreeName {
  /** The variable; or `this`, `super`, `arguments` of the surroundings. */
  readonly name: string;
  /** Offset in the text. */
  readonly at: number;
}

/** What a function or block declares. */
interface Scope {
  readonly names: Set<string>;
  readonly parent: Scope | undefined;
  /** Functions around that have a `this` of their own. */
  readonly owners: number;
}

const functions = new Set([
  ...["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"],
]);
const blocks = new Set([
  ...["BlockStatement", "ForStatement", "ForInStatement", "ForOfStatement", "SwitchStatement"],
  ...["CatchClause", "StaticBlock"],
]);
const withoutNames = new Set(["BreakStatement", "ContinueStatement", "MetaProperty"]);

/**
 * The free names of the function in a program of one expression, in the order of their use, repeated as
 * often as used.
 *
 * @param program - What {@link parse} made of `(function)`.
 */
export function freeNames(program: SyntaxNode): readonly FreeName[] {
  const found: FreeName[] = [];
  const [statement] = childrenOf(program);
  // A `this` of the function itself is nobody's, whichever kind it is: it will be called as a function.
  const isArrow = statement?.expression?.type === "ArrowFunctionExpression";
  visit(program, { names: new Set(), parent: undefined, owners: isArrow ? 1 : 0 }, found);
  return found.toSorted((a, b) => a.at - b.at);
}

function visit(node: SyntaxNode, scope: Scope, found: FreeName[]): void {
  const { type, start: at } = node;
  if (withoutNames.has(type)) return;
  if (type === "Identifier") {
    if (!isDeclared(node.name ?? "", scope)) found.push({ name: node.name ?? "", at });
  } else if (type === "ThisExpression" || type === "Super") {
    const name = type === "Super" ? "super" : "this";
    if (scope.owners < 2) found.push({ name, at });
  } else if (functions.has(type)) visitFunction(node, scope, found);
  else if (type === "ClassDeclaration" || type === "ClassExpression") {
    // Its fields and methods have a `this`, wherever the class stands.
    const inside = open(scope, node.id ? [node.id] : [], 2);
    visitAll(node, inside, found);
  } else if (blocks.has(type)) {
    const inside = open(scope, [...lexicalIn(node)]);
    visitAll(node, inside, found);
  } else visitAll(node, scope, found);
}

function visitAll(node: SyntaxNode, scope: Scope, found: FreeName[]): void {
  const isLabel = node.type === "LabeledStatement";
  const isNamed = /^(?:MemberExpression|Property|MethodDefinition|PropertyDefinition)$/.test(
    node.type,
  );
  const plain = node.computed === true ? undefined : (node.property ?? node.key);
  for (const child of childrenOf(node)) {
    if (isLabel && child.type === "Identifier") continue;
    // A shorthand property is one node in two places: the value counts.
    if (isNamed && child === plain && child !== node.value) continue;
    visit(child, scope, found);
  }
}

function visitFunction(node: SyntaxNode, scope: Scope, found: FreeName[]): void {
  const isArrow = node.type === "ArrowFunctionExpression";
  const named = node.type === "FunctionExpression" && node.id ? [node.id] : [];
  const inside = open(scope, [...(node.params ?? []), ...named], isArrow ? 0 : 1);
  if (!isArrow) inside.names.add("arguments");
  for (const name of varsIn(node)) inside.names.add(name);
  visitAll(node, inside, found);
}

function open(parent: Scope, patterns: readonly SyntaxNode[], owners = 0): Scope {
  const names = new Set(patterns.flatMap((pattern) => [...namesIn(pattern)]));
  return { names, parent, owners: parent.owners + owners };
}

function isDeclared(name: string, scope: Scope | undefined): boolean {
  for (let each = scope; each !== undefined; each = each.parent) {
    if (each.names.has(name)) return true;
  }
  return false;
}

/** The names that a pattern binds. */
function* namesIn(pattern: SyntaxNode): Generator<string, void> {
  if (pattern.type === "Identifier" && pattern.name !== undefined) yield pattern.name;
  const parts = [pattern.argument, pattern.left, ...(pattern.elements ?? [])];
  for (const { value, argument } of pattern.properties ?? []) {
    parts.push((value ?? argument) as SyntaxNode);
  }
  for (const part of parts) if (part) yield* namesIn(part);
}

/** What a block declares by `let`, `const`, `using`, `class` and `function`; a `catch`, its parameter. */
function* lexicalIn(node: SyntaxNode): Generator<SyntaxNode, void> {
  if (node.type === "CatchClause" && node.param) yield node.param;
  for (const child of childrenOf(node)) {
    const statements = child.type === "SwitchCase" ? childrenOf(child) : [child];
    for (const statement of statements) {
      if (/^(?:Function|Class)Declaration$/.test(statement.type) && statement.id) {
        yield statement.id;
      }
      if (statement.type === "VariableDeclaration" && statement.kind !== "var") {
        for (const { id } of statement.declarations ?? []) if (id) yield id;
      }
    }
  }
}

/** What a function declares by `var`, however deep, but not in the functions in it. */
function* varsIn(node: SyntaxNode): Generator<string, void> {
  for (const child of childrenOf(node)) {
    if (child.type === "VariableDeclaration" && child.kind === "var") {
      for (const { id } of child.declarations ?? []) if (id) yield* namesIn(id);
    }
    if (!functions.has(child.type)) yield* varsIn(child);
  }
}
