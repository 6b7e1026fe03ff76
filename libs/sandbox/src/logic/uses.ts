import type { Scopes, Variable } from './scopes.js';
import { isFunction, nameOf, nodeAt, nodesAt, type SyntaxNode } from './syntax.js';

/** What the script does with a variable beside reading it. Each is an expression. */
export interface Uses {
  /** `x = …`, `x += …`, `x++`, or the loop or pattern that assigns it. */
  readonly writes: readonly SyntaxNode[];
  /** Statements beside the declaration that change what the variable holds: `x.a = …`, `x.set(…)`, `Object.assign(x, …)`. */
  readonly changes: readonly SyntaxNode[];
}

const PATTERNS: readonly string[] = ['ObjectPattern', 'ArrayPattern', 'AssignmentPattern', 'RestElement', 'Property'];
const CHANGERS: readonly string[] = ['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf'];

export function usesOf(variable: Variable, scopes: Scopes): Uses {
  const writes = new Set<SyntaxNode>();
  const changes = new Set<SyntaxNode>();
  const home = functionAround(variable.scope, scopes);
  for (const reference of variable.references) {
    const write = writeOf(reference, scopes);
    if (write !== undefined) writes.add(write);
    const change = functionAround(reference, scopes) === home ? changeOf(reference, scopes) : undefined;
    if (change !== undefined) changes.add(change);
  }
  return { writes: [...writes], changes: [...changes] };
}

/** The calls of a function whose name, if it has one, is used for nothing else than to be called; undefined if it is. */
export function callsOf(node: SyntaxNode, scopes: Scopes): readonly SyntaxNode[] {
  const { parentOf } = scopes;
  const parent = parentOf.get(node);
  if (parent?.type === 'CallExpression' && nodeAt(parent, 'callee') === node) return [parent];
  const references = namesOf(node, scopes).flatMap((variable) => variable.references);
  return references.flatMap((reference) => {
    const call = parentOf.get(reference);
    return call?.type === 'CallExpression' && nodeAt(call, 'callee') === reference ? [call] : [];
  });
}

/** The call that a function, or its name, is an argument of: `names.map((name) => …)`. */
export function callsTaking(node: SyntaxNode, scopes: Scopes): readonly SyntaxNode[] {
  const places = [node, ...namesOf(node, scopes).flatMap((variable) => variable.references)];
  return places.flatMap((place) => {
    const call = scopes.parentOf.get(place);
    return call?.type === 'CallExpression' && nodesAt(call, 'arguments').includes(place) ? [call] : [];
  });
}

/** The variables that a function was given to where it was declared. */
function namesOf(node: SyntaxNode, { parentOf, variableOf }: Scopes): readonly Variable[] {
  let around = parentOf.get(node);
  // `const f = wrapped((a) => …)`: bundlers wrap functions to keep their names.
  if (around?.type === 'CallExpression' && nodesAt(around, 'arguments')[0] === node) around = parentOf.get(around);
  const ids = [nodeAt(node, 'id'), around?.type === 'VariableDeclarator' ? nodeAt(around, 'id') : undefined];
  return ids.flatMap((id) => {
    const variable = id === undefined ? undefined : variableOf.get(id);
    return variable === undefined ? [] : [variable];
  });
}

export function functionAround(node: SyntaxNode, { parentOf }: Scopes): SyntaxNode | undefined {
  let at: SyntaxNode | undefined = node;
  while (at !== undefined && !isFunction(at)) at = parentOf.get(at);
  return at;
}

function writeOf(reference: SyntaxNode, { parentOf }: Scopes): SyntaxNode | undefined {
  let at = reference;
  for (let parent = parentOf.get(at); parent !== undefined; at = parent, parent = parentOf.get(at)) {
    if (parent.type === 'UpdateExpression') return parent;
    if (['AssignmentExpression', 'ForOfStatement', 'ForInStatement'].includes(parent.type)) {
      return nodeAt(parent, 'left') === at ? parent : undefined;
    }
    // What stands on the right of a default is read.
    if (!PATTERNS.includes(parent.type) || nodeAt(parent, 'right') === at) return undefined;
  }
  return undefined;
}

function changeOf(reference: SyntaxNode, { parentOf }: Scopes): SyntaxNode | undefined {
  let at = reference;
  let isInside = false;
  for (let parent = parentOf.get(at); parent !== undefined; at = parent, parent = parentOf.get(at)) {
    if (parent.type === 'MemberExpression' && nodeAt(parent, 'object') === at) isInside = true;
    else if (parent.type === 'CallExpression' && nodeAt(parent, 'callee') === at) continue;
    else if (isInside && parent.type === 'AssignmentExpression' && nodeAt(parent, 'left') === at) continue;
    else if (parent.type === 'CallExpression' && changesFirst(parent, at)) continue;
    else if (parent.type === 'UnaryExpression' && parent['operator'] === 'delete') continue;
    else if (parent.type === 'SequenceExpression' || parent.type === 'ExpressionStatement') {
      return at !== reference && at.type !== 'MemberExpression' ? at : undefined;
    } else return undefined;
  }
  return undefined;
}

function changesFirst(call: SyntaxNode, argument: SyntaxNode): boolean {
  const callee = nodeAt(call, 'callee');
  if (callee?.type !== 'MemberExpression' || nodesAt(call, 'arguments')[0] !== argument) return false;
  const [object, property] = [nameOf(nodeAt(callee, 'object')), nameOf(nodeAt(callee, 'property'))];
  return (object === 'Object' || object === 'Reflect') && CHANGERS.includes(property ?? '');
}
