import { conditionOf, isTurnedRound, negated } from './condition.js';
import { isFunction, isNode, nameOf, nodeAt, nodesAt, type SyntaxNode } from './syntax.js';

/**
 * A part of a script with its branches in one form, whichever of the many a minifier or an author has chosen: statements
 * for `a && b()` and for commas, what follows a `return` in the other branch, no `return` and `continue` where the end
 * would do, and each condition in that one of its two forms that comes first. To be compared, not to be run.
 */
export function settled(node: SyntaxNode): SyntaxNode {
  if (isFunction(node)) return settledFunction(node);
  // Which variable it stands for is known of this very node.
  if (node.type === 'Identifier') return node;
  switch (node.type) {
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return { ...mapped(node, 'body'), body: block(listOf(nodeAt(node, 'body'), 'loop')) };
    case 'BlockStatement':
      return block(settledList(nodesAt(node, 'body'), 'none'));
    case 'SwitchCase':
      return { ...mapped(node, 'consequent'), consequent: settledList(nodesAt(node, 'consequent'), 'none') };
    case 'ConditionalExpression':
      return settledChoice(node);
    case 'LogicalExpression':
      return { ...part('Logical'), operator: node['operator'], parts: partsOf(node, node['operator']).map(settled) };
    case 'UnaryExpression':
      return node['operator'] === '!' ? conditionOf(node, settled) : mapped(node);
    default:
      return mapped(node);
  }
}

/** What a list of statements ends: a function, where it returns anyway; a loop's body, where it goes on anyway; neither. */
type End = 'function' | 'loop' | 'none';

const part = (type: string): SyntaxNode => ({ type, start: 0, end: 0 });
const block = (body: readonly SyntaxNode[]): SyntaxNode => ({ ...part('BlockStatement'), body });

function settledFunction(node: SyntaxNode): SyntaxNode {
  const body = nodeAt(node, 'body');
  const result = { ...part('ReturnStatement'), argument: body };
  const statements = body?.type === 'BlockStatement' ? nodesAt(body, 'body') : [result];
  return { ...mapped(node, 'body'), expression: false, body: block(settledList(statements, 'function')) };
}

function settledChoice(node: SyntaxNode): SyntaxNode {
  const { test, yes, no } = branchesOf(node);
  const [given, other] = [conditionOf(test, settled), negated(test, settled)];
  const [first, second] = isTurnedRound(given, other) ? [no, yes] : [yes, no];
  const condition = isTurnedRound(given, other) ? other : given;
  return { ...part('Choice'), test: condition, yes: settled(first), no: settled(second) };
}

/** Copies a node with everything below it settled, but for one field. */
function mapped(node: SyntaxNode, except?: string): SyntaxNode {
  const copy: { [field: string]: unknown } = { ...node };
  for (const field in node) {
    if (field === except) continue;
    const value = node[field];
    if (isNode(value)) copy[field] = settled(value);
    else if (Array.isArray(value)) {
      copy[field] = (value as readonly unknown[]).map((each) => (isNode(each) ? settled(each) : each));
    }
  }
  return copy as SyntaxNode;
}

const listOf = (statement: SyntaxNode | undefined, end: End): readonly SyntaxNode[] =>
  statement === undefined ? [] : settledList([statement], end);

function settledList(statements: readonly SyntaxNode[], end: End): readonly SyntaxNode[] {
  const done: SyntaxNode[] = [];
  const left = [...statements];
  for (let statement = left.shift(); statement !== undefined; statement = left.shift()) {
    const simpler = takenApart(statement);
    if (simpler !== undefined) {
      left.unshift(...simpler);
      continue;
    }
    if (statement.type === 'IfStatement') {
      const { rest, settledIf } = settledBranches(statement, left.splice(0), end);
      done.push(...settledIf);
      left.push(...rest);
      continue;
    }
    if (isNothing(statement, left.length === 0 ? end : 'none')) continue;
    done.push(settledStatement(statement));
    // What stands behind is never reached.
    if (isExit(statement)) break;
  }
  return done;
}

const settledStatement = (statement: SyntaxNode): SyntaxNode =>
  statement.type === 'ReturnStatement' && isUndefined(nodeAt(statement, 'argument'))
    ? { ...statement, argument: null }
    : settled(statement);

/** The statements that one stands for; undefined if it stands for itself. */
function takenApart(statement: SyntaxNode): readonly SyntaxNode[] | undefined {
  switch (statement.type) {
    case 'BlockStatement':
      return nodesAt(statement, 'body');
    case 'EmptyStatement':
      return [];
    case 'ExpressionStatement':
      return expressionApart(nodeAt(statement, 'expression'));
    case 'ReturnStatement':
    case 'ThrowStatement':
      return withSequence(statement, 'argument') ?? choiceApart(statement) ?? voidApart(statement);
    case 'IfStatement':
      return withSequence(statement, 'test') ?? conditionApart(statement);
    case 'VariableDeclaration':
      return declarationApart(statement);
    case 'VariableDeclarator':
      return withSequence(statement, 'init');
    default:
      return undefined;
  }
}

const asStatement = (expression: SyntaxNode): SyntaxNode => ({ ...part('ExpressionStatement'), expression });

function expressionApart(expression: SyntaxNode | undefined): readonly SyntaxNode[] | undefined {
  if (expression === undefined) return undefined;
  const onlyIf = (test: SyntaxNode | undefined, consequent: SyntaxNode | null, alternate: SyntaxNode | null) => [
    { ...part('IfStatement'), test, consequent: consequent ?? block([]), alternate },
  ];
  const [left, right] = [nodeAt(expression, 'left'), nodeAt(expression, 'right')];
  if (expression.type === 'SequenceExpression') return nodesAt(expression, 'expressions').map(asStatement);
  if (expression.type === 'ConditionalExpression') {
    const { test, yes, no } = branchesOf(expression);
    return onlyIf(test, asStatement(yes), asStatement(no));
  }
  if (expression.type === 'LogicalExpression' && right !== undefined) {
    if (expression['operator'] === '&&') return onlyIf(left, asStatement(right), null);
    if (expression['operator'] === '||') return onlyIf(left, null, asStatement(right));
  }
  const argument = nodeAt(expression, 'argument');
  const isDropped = expression.type === 'UnaryExpression' && ['!', 'void'].includes(String(expression['operator']));
  return isDropped && argument !== undefined ? [asStatement(argument)] : undefined;
}

/** `return (a, b)` is `a; return b`. */
function withSequence(statement: SyntaxNode, field: string): readonly SyntaxNode[] | undefined {
  const sequence = nodeAt(statement, field);
  if (sequence?.type !== 'SequenceExpression') return undefined;
  const expressions = nodesAt(sequence, 'expressions');
  return [...expressions.slice(0, -1).map(asStatement), { ...statement, [field]: expressions.at(-1) }];
}

/** `if (a && (b(), c)) …` is `if (a) { b(); if (c) … }`, where there is no else. */
function conditionApart(statement: SyntaxNode): readonly SyntaxNode[] | undefined {
  const test = nodeAt(statement, 'test');
  const [left, right] = test?.['operator'] === '&&' ? [nodeAt(test, 'left'), nodeAt(test, 'right')] : [];
  if (right?.type !== 'SequenceExpression' || nodeAt(statement, 'alternate') !== undefined) return undefined;
  return [{ ...statement, test: left, consequent: { ...statement, test: right } }];
}

/** `return c ? a : b` is `if (c) return a; else return b`. */
function choiceApart(statement: SyntaxNode): readonly SyntaxNode[] | undefined {
  const choice = nodeAt(statement, 'argument');
  if (choice?.type !== 'ConditionalExpression') return undefined;
  const { test, yes, no } = branchesOf(choice);
  const [consequent, alternate] = [yes, no].map((argument) => ({ ...statement, argument }));
  return [{ ...part('IfStatement'), test, consequent, alternate }];
}

/** `return void a()` is `a(); return`. */
function voidApart(statement: SyntaxNode): readonly SyntaxNode[] | undefined {
  const value = nodeAt(statement, 'argument');
  const dropped = value?.['operator'] === 'void' && !isUndefined(value) ? nodeAt(value, 'argument') : undefined;
  if (statement.type !== 'ReturnStatement' || dropped === undefined) return undefined;
  return [asStatement(dropped), { ...statement, argument: null }];
}

/** What is declared without a value needs no declaration here: names are told apart without it. */
function declarationApart(declaration: SyntaxNode): readonly SyntaxNode[] {
  return nodesAt(declaration, 'declarations').filter((declarator) => nodeAt(declarator, 'init') !== undefined);
}

function settledBranches(
  statement: SyntaxNode,
  behind: readonly SyntaxNode[],
  end: End,
): { readonly settledIf: readonly SyntaxNode[]; readonly rest: readonly SyntaxNode[] } {
  const { test, yes, no } = branchesOf(statement);
  const [ifYes, ifNo] = [[yes], no.type === 'EmptyStatement' ? [] : [no]];
  const [yesExits, noExits] = [exits(ifYes), exits(ifNo)];
  const moves = yesExits || noExits;
  const last = moves || behind.length === 0 ? end : 'none';
  const settledYes = settledList(noExits && !yesExits ? [...ifYes, ...behind] : ifYes, last);
  const settledNo = settledList(yesExits && !noExits ? [...ifNo, ...behind] : ifNo, last);
  return { settledIf: branch(test, settledYes, settledNo), rest: moves ? [] : behind };
}

function branch(test: SyntaxNode, yes: readonly SyntaxNode[], no: readonly SyntaxNode[]): readonly SyntaxNode[] {
  const [given, other] = [conditionOf(test, settled), negated(test, settled)];
  if (yes.length === 0 && no.length === 0) return [{ ...part('ExpressionStatement'), expression: settled(test) }];
  if (yes.length === 0) return [onlyOne(other, no)];
  if (no.length === 0) return [onlyOne(given, yes)];
  return isTurnedRound(given, other)
    ? [{ ...part('Branch'), test: other, yes: no, no: yes }]
    : [{ ...part('Branch'), test: given, yes, no }];
}

/** A branch in a branch is one, with both conditions. */
function onlyOne(test: SyntaxNode, yes: readonly SyntaxNode[]): SyntaxNode {
  const [inner, another] = yes;
  const innerTest = inner?.type === 'Branch' && inner['no'] === undefined ? nodeAt(inner, 'test') : undefined;
  if (inner === undefined || innerTest === undefined || another !== undefined) return { ...part('Branch'), test, yes };
  const parts = [test, innerTest].flatMap((each) => (each.type === 'All' ? nodesAt(each, 'parts') : [each]));
  return { ...inner, test: { ...part('All'), parts } };
}

function branchesOf(node: SyntaxNode): {
  readonly test: SyntaxNode;
  readonly yes: SyntaxNode;
  readonly no: SyntaxNode;
} {
  const nothing = part('EmptyStatement');
  const at = (field: string): SyntaxNode => nodeAt(node, field) ?? nothing;
  return { test: at('test'), yes: at('consequent'), no: at('alternate') };
}

function partsOf(node: SyntaxNode, operator: unknown): readonly SyntaxNode[] {
  if (node.type !== 'LogicalExpression' || node['operator'] !== operator) return [node];
  return ['left', 'right'].flatMap((side) => {
    const each = nodeAt(node, side);
    return each === undefined ? [] : partsOf(each, operator);
  });
}

const EXITS: readonly string[] = ['ReturnStatement', 'ThrowStatement', 'ContinueStatement', 'BreakStatement'];
const isExit = ({ type }: SyntaxNode): boolean => EXITS.includes(type);

function exits(statements: readonly SyntaxNode[]): boolean {
  return statements.some((statement) => {
    if (statement.type === 'BlockStatement') return exits(nodesAt(statement, 'body'));
    if (statement.type !== 'IfStatement') return isExit(statement);
    const { yes, no } = branchesOf(statement);
    return exits([yes]) && exits([no]);
  });
}

/** Whether the end of the list does what the statement does. */
function isNothing(statement: SyntaxNode, end: End): boolean {
  if (end === 'loop') return statement.type === 'ContinueStatement' && nodeAt(statement, 'label') === undefined;
  return end === 'function' && statement.type === 'ReturnStatement' && isUndefined(nodeAt(statement, 'argument'));
}

const isUndefined = (value: SyntaxNode | undefined): boolean =>
  value === undefined ||
  nameOf(value) === 'undefined' ||
  (value.type === 'UnaryExpression' && value['operator'] === 'void' && nodeAt(value, 'argument')?.type === 'Literal');
