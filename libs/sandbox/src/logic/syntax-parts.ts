import type { SyntaxNode } from './syntax.js';

const part = (type: string, fields: { readonly [field: string]: unknown }): SyntaxNode => ({
  type,
  start: 0,
  end: 0,
  ...fields,
});

export const identifier = (name: string): SyntaxNode => part('Identifier', { name });

export const call = (callee: SyntaxNode, given: readonly SyntaxNode[]): SyntaxNode =>
  part('CallExpression', { callee, arguments: given, optional: false });

export const expression = (of: SyntaxNode): SyntaxNode => part('ExpressionStatement', { expression: of });

export const assign = (left: SyntaxNode, right: SyntaxNode): SyntaxNode =>
  part('AssignmentExpression', { operator: '=', left, right });

export const declare = (kind: 'const' | 'let', id: SyntaxNode, init: SyntaxNode | undefined): SyntaxNode =>
  part('VariableDeclaration', {
    kind,
    declarations: [part('VariableDeclarator', { id, init: init ?? null })],
  });

export const unary = (operator: string, argument: SyntaxNode): SyntaxNode =>
  part('UnaryExpression', { operator, prefix: true, argument });

export const undefinedValue = (): SyntaxNode => unary('void', part('Literal', { value: 0, raw: '0' }));

export const program = (body: readonly SyntaxNode[]): SyntaxNode => part('Program', { body, sourceType: 'script' });
