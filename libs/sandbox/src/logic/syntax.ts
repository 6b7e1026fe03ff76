import { parse } from 'acorn';

/** A node of a syntax tree as ESTree has them: fields that are nodes, lists of nodes, or plain values. */
export interface SyntaxNode {
  readonly type: string;
  /** Where its text begins and ends in the script; both 0 in a tree that was put together. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Throws what acorn throws for a script that is none, and a RangeError for one that is nested too deeply. */
export const parseScript = (code: string): SyntaxNode =>
  parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'script',
    allowReturnOutsideFunction: true,
  }) as unknown as SyntaxNode;

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';

/** The node in a field, if there is one. */
export function nodeAt(node: SyntaxNode, field: string): SyntaxNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in a field that holds a list; holes of a pattern or an array are left out. */
export function nodesAt(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  const name = node?.['name'];
  return node?.type === 'Identifier' && typeof name === 'string' ? name : undefined;
}

const FUNCTIONS: readonly string[] = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
const CLASSES: readonly string[] = ['ClassDeclaration', 'ClassExpression'];

export const isFunction = ({ type }: SyntaxNode): boolean => FUNCTIONS.includes(type);
export const isClass = ({ type }: SyntaxNode): boolean => CLASSES.includes(type);

/** Whether a field holds the name of a member or a label: text that no variable stands behind. */
export function isJustAName({ type, computed }: SyntaxNode, field: string): boolean {
  switch (type) {
    case 'MemberExpression':
      return field === 'property' && computed !== true;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return field === 'key' && computed !== true;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return field === 'label';
    case 'MetaProperty':
      return true;
    default:
      return false;
  }
}

/** Goes through the nodes below a node, with the field that each lies in. No iterator: bundles have millions of them. */
export function eachChild(node: SyntaxNode, visit: (child: SyntaxNode, field: string) => void): void {
  for (const field in node) {
    const value = node[field];
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const each of value as readonly unknown[]) if (isNode(each)) visit(each, field);
    } else if (isNode(value)) {
      visit(value, field);
    }
  }
}

/** Whether `is` holds of the node or of one below it; `enter` says of a node whether what is below it counts. */
export function someNode(
  node: SyntaxNode,
  is: (node: SyntaxNode) => boolean,
  enter: (node: SyntaxNode) => boolean = () => true,
): boolean {
  if (is(node)) return true;
  let found = false;
  eachChild(node, (child) => {
    found ||= enter(child) && someNode(child, is, enter);
  });
  return found;
}
