import type { Scopes, Variable } from './scopes.js';
import { nameOf, nodeAt, nodesAt, type SyntaxNode } from './syntax.js';
import { unary } from './syntax-parts.js';

/**
 * A form that bundlers write for another one, or another one for it, as one of the two; undefined for everything else.
 *
 * - for engines that know no `??` and `?.`: `x != null ? x : y` and `(t = f()) != null ? t : y` are `x ?? y` and `f() ?? y`;
 *   `x == null ? void 0 : x.a.b` is `x?.a.b`
 * - `Number(x)` is `+x`, which differs for a BigInt alone; `Boolean(x)` is `!!x`
 * - `typeof x > "u"`, which is shorter, is `typeof x === "undefined"`
 */
export function raised(node: SyntaxNode, scopes: Scopes): SyntaxNode | undefined {
  switch (node.type) {
    case 'ConditionalExpression':
      return raisedCondition(node, scopes);
    case 'CallExpression':
      return raisedConversion(node, scopes);
    case 'BinaryExpression':
      return raisedTypeof(node);
    default:
      return undefined;
  }
}

function raisedConversion(node: SyntaxNode, { variableOf }: Scopes): SyntaxNode | undefined {
  const callee = nodeAt(node, 'callee');
  const [given, another] = nodesAt(node, 'arguments');
  if (callee === undefined || variableOf.has(callee) || given === undefined || another !== undefined) return undefined;
  if (given.type === 'SpreadElement') return undefined;
  if (nameOf(callee) === 'Number') return unary('+', given);
  return nameOf(callee) === 'Boolean' ? unary('!', unary('!', given)) : undefined;
}

function raisedTypeof(node: SyntaxNode): SyntaxNode | undefined {
  const operator = { '>': '===', '<': '!==' }[String(node['operator'])];
  const [left, right] = [nodeAt(node, 'left'), nodeAt(node, 'right')];
  if (operator === undefined || left?.['operator'] !== 'typeof' || right?.['value'] !== 'u') return undefined;
  return { ...node, operator, right: { ...right, value: 'undefined', raw: '"undefined"' } };
}

function raisedCondition(node: SyntaxNode, scopes: Scopes): SyntaxNode | undefined {
  const tested = testedForNull(node, scopes);
  if (tested === undefined) return undefined;
  const { present, absent, variable, value } = tested;
  const isSame = (each: SyntaxNode): boolean => scopes.variableOf.get(each) === variable;
  if (isSame(present)) {
    return { type: 'LogicalExpression', start: 0, end: 0, operator: '??', left: value, right: absent };
  }
  if (absent.type !== 'UnaryExpression' || absent['operator'] !== 'void') return undefined;
  const chain = chainFrom(present, isSame, linkOf(value, scopes));
  return chain === undefined ? undefined : { type: 'ChainExpression', start: 0, end: 0, expression: chain };
}

interface Tested {
  /** What stands for the value that is tested: a name of the source, or one that only carries it from here to there. */
  readonly variable: Variable;
  readonly value: SyntaxNode;
  readonly present: SyntaxNode;
  readonly absent: SyntaxNode;
}

function testedForNull(conditional: SyntaxNode, { variableOf }: Scopes): Tested | undefined {
  const test = nodeAt(conditional, 'test');
  const [consequent, alternate] = [nodeAt(conditional, 'consequent'), nodeAt(conditional, 'alternate')];
  if (test?.type !== 'BinaryExpression' || consequent === undefined || alternate === undefined) return undefined;
  const isPresent = test['operator'] === '!=';
  if (!isPresent && test['operator'] !== '==') return undefined;
  const sides = [nodeAt(test, 'left'), nodeAt(test, 'right')];
  const subject = sides.find((side) => side !== undefined && !isNull(side));
  if (subject === undefined || !sides.some((side) => side !== undefined && isNull(side))) return undefined;
  const branches = isPresent ? { present: consequent, absent: alternate } : { present: alternate, absent: consequent };
  const named = subject.type === 'AssignmentExpression' ? nodeAt(subject, 'left') : subject;
  const variable = named === undefined ? undefined : variableOf.get(named);
  if (variable === undefined) return undefined;
  if (named === subject) return { variable, value: subject, ...branches };
  const value = nodeAt(subject, 'right');
  return value === undefined || subject['operator'] !== '=' || !isCarrier(variable)
    ? undefined
    : { variable, value, ...branches };
}

const isNull = (node: SyntaxNode): boolean => node.type === 'Literal' && node['raw'] === 'null';

/** Declared without a value, set once and read once. */
function isCarrier({ definitions, references }: Variable): boolean {
  const [definition, another] = definitions;
  if (definition?.kind !== 'declarator' || another !== undefined) return false;
  return nodeAt(definition.node, 'init') === undefined && references.length === 2;
}

/** `x?.a` and what follows on it is one chain, not a chain in another. */
function linkOf(value: SyntaxNode, scopes: Scopes): SyntaxNode {
  const simpler = raised(value, scopes) ?? value;
  return (simpler.type === 'ChainExpression' ? nodeAt(simpler, 'expression') : undefined) ?? simpler;
}

/** The members and calls that begin at a name, with `link` in its place. */
function chainFrom(node: SyntaxNode, isStart: (node: SyntaxNode) => boolean, link: SyntaxNode): SyntaxNode | undefined {
  const field = node.type === 'MemberExpression' ? 'object' : node.type === 'CallExpression' ? 'callee' : undefined;
  const before = field === undefined ? undefined : nodeAt(node, field);
  if (field === undefined || before === undefined) return undefined;
  if (isStart(before)) return { ...node, [field]: link, optional: true };
  const chain = chainFrom(before, isStart, link);
  return chain === undefined ? undefined : { ...node, [field]: chain };
}
