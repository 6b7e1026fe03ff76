import { namelessText } from './nameless-text.js';
import { nodeAt, nodesAt, type SyntaxNode } from './syntax.js';

type Settle = (node: SyntaxNode) => SyntaxNode;

const OPPOSITES: { readonly [operator: string]: string } = { '===': '!==', '!==': '===', '==': '!=', '!=': '==' };

/** A condition as all or any of its parts, with "not" before single ones alone. Only whether it holds counts, not its value. */
export const conditionOf = (node: SyntaxNode, settle: Settle): SyntaxNode => condition(node, false, settle);

/** The condition that holds when this one does not. */
export const negated = (node: SyntaxNode, settle: Settle): SyntaxNode => condition(node, true, settle);

/** Whether the opposite of a condition is the form of the two that is kept. They differ in more than names. */
export const isTurnedRound = (given: SyntaxNode, opposite: SyntaxNode): boolean =>
  namelessText(opposite) < namelessText(given);

function condition(node: SyntaxNode, isNegated: boolean, settle: Settle): SyntaxNode {
  const operator = String(node['operator']);
  const argument = nodeAt(node, 'argument');
  if (node.type === 'UnaryExpression' && operator === '!' && argument !== undefined) {
    return condition(argument, !isNegated, settle);
  }
  if (node.type === 'LogicalExpression' && operator !== '??') {
    const type = (operator === '&&') === isNegated ? 'Any' : 'All';
    const sides = ['left', 'right'].flatMap((side) => {
      const each = nodeAt(node, side);
      return each === undefined ? [] : [condition(each, isNegated, settle)];
    });
    const parts = sides.flatMap((side) => (side.type === type ? nodesAt(side, 'parts') : [side]));
    return { type, start: 0, end: 0, parts };
  }
  const opposite = OPPOSITES[operator];
  if (!isNegated) return settle(node);
  if (node.type === 'BinaryExpression' && opposite !== undefined) return { ...settle(node), operator: opposite };
  return { type: 'Not', start: 0, end: 0, of: settle(node) };
}
