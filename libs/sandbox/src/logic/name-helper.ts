import type { Scopes, Variable } from './scopes.js';
import { nameOf, nodeAt, nodesAt, type SyntaxNode } from './syntax.js';

/**
 * The function of a call that a bundler has put around it to keep its name, with the option `keepNames`:
 * `named(f, 'f')`, where `named` is `(f, name) => defineProperty(f, 'name', { value: name, configurable: true })`.
 */
export function namedByCall(call: SyntaxNode, { variableOf }: Scopes): SyntaxNode | undefined {
  const callee = call.type === 'CallExpression' ? nodeAt(call, 'callee') : undefined;
  const [named, name, ...more] = callee?.type === 'Identifier' ? nodesAt(call, 'arguments') : [];
  if (callee === undefined || name?.type !== 'Literal' || more.length > 0) return undefined;
  const variable = variableOf.get(callee);
  return variable !== undefined && isNameHelper(variable, variableOf) ? named : undefined;
}

function isNameHelper({ definitions }: Variable, variableOf: Scopes['variableOf']): boolean {
  const [definition, another] = definitions;
  if (definition?.kind !== 'declarator' || another !== undefined) return false;
  const helper = nodeAt(definition.node, 'init');
  const body = helper?.type === 'ArrowFunctionExpression' ? nodeAt(helper, 'body') : undefined;
  if (helper === undefined || body?.type !== 'CallExpression') return false;
  const [target, value] = nodesAt(helper, 'params').map((parameter) => variableOf.get(parameter));
  const [first, property, descriptor] = nodesAt(body, 'arguments');
  if (first === undefined || target === undefined || variableOf.get(first) !== target) return false;
  if (property?.['value'] !== 'name' || descriptor?.type !== 'ObjectExpression') return false;
  return nodesAt(descriptor, 'properties').some((member) => {
    const given = nodeAt(member, 'value');
    return nameOf(nodeAt(member, 'key')) === 'value' && given !== undefined && variableOf.get(given) === value;
  });
}
