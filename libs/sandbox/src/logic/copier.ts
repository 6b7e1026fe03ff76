import { namedByCall } from './name-helper.js';
import { raised } from './raise.js';
import type { Scopes, Variable } from './scopes.js';
import { identifier } from './syntax-parts.js';
import { isWithin, UntraceableError } from './traceable.js';
import {
  isClass,
  isFunction,
  isJustAName,
  isNode,
  nameOf,
  nodeAt,
  nodesAt,
  someNode,
  type SyntaxNode,
} from './syntax.js';

/**
 * Copies parts of a script with every variable under a name of its own, so that no name hides another, and with some
 * forms brought into one: what can be an arrow function is one, and what bundlers add to keep names is left out.
 */
export class Copier {
  private readonly inner = new Map<Variable, string>();
  private root: SyntaxNode | undefined;

  /** @param outerName the name of a variable that is declared outside of the part that is copied. */
  constructor(
    private readonly scopes: Scopes,
    private readonly outerName: (variable: Variable) => string,
  ) {}

  copy(part: SyntaxNode): SyntaxNode {
    return this.within(part, () => this.copyNode(part));
  }

  copyPattern(pattern: SyntaxNode): SyntaxNode {
    return this.copy(pattern);
  }

  /** As an expression; of a method, the function that it is. */
  copyFunction(node: SyntaxNode): SyntaxNode {
    const value = isFunction(node) ? node : nodeAt(node, 'value');
    if (value === undefined || !isFunction(value)) throw new UntraceableError('a function without code');
    return this.within(value, () => this.functionCopy(value));
  }

  copyClass(node: SyntaxNode): SyntaxNode {
    return this.within(node, () => ({ ...this.copyFields(node), type: 'ClassExpression', id: null }));
  }

  private within(part: SyntaxNode, copy: () => SyntaxNode): SyntaxNode {
    const before = this.root;
    this.root = part;
    try {
      return copy();
    } finally {
      this.root = before;
    }
  }

  private copyNode(node: SyntaxNode): SyntaxNode {
    const named = namedByCall(node, this.scopes);
    if (named !== undefined) return this.copyNode(named);
    const simpler = raised(node, this.scopes);
    if (simpler !== undefined) return this.copyNode(simpler);
    switch (node.type) {
      case 'Identifier':
        return identifier(this.nameFor(node));
      case 'ThisExpression':
      case 'Super':
      case 'MetaProperty':
        this.checkOwn(node);
        return node;
      case 'FunctionExpression':
        return this.functionCopy(node);
      case 'VariableDeclaration':
        // Bundlers make one of the other.
        return { ...this.copyFields(node), kind: node['kind'] === 'const' ? 'let' : node['kind'] };
      case 'Property':
        return this.propertyCopy(node);
      case 'CatchClause':
        return this.catchCopy(node);
      default:
        return this.copyFields(node);
    }
  }

  private copyFields(node: SyntaxNode): SyntaxNode {
    const copy: { [field: string]: unknown } = { ...node };
    for (const field in node) {
      const value = node[field];
      if (isJustAName(node, field)) continue;
      if (Array.isArray(value)) copy[field] = this.copyList(value as readonly unknown[]);
      else if (isNode(value)) copy[field] = this.copyNode(value);
    }
    return copy as SyntaxNode;
  }

  private copyList(list: readonly unknown[]): readonly unknown[] {
    return list.flatMap((each) => {
      if (!isNode(each)) return [each];
      return typeof each['directive'] === 'string' || this.isNaming(each) ? [] : [this.copyNode(each)];
    });
  }

  /** `named(f, 'f');`, or a class's `static { named(this, 'C'); }`: only gives a name to what has been declared. */
  private isNaming(node: SyntaxNode): boolean {
    if (node.type === 'StaticBlock') {
      const body = nodesAt(node, 'body');
      return body.length > 0 && body.every((each) => this.isNaming(each));
    }
    const expression = node.type === 'ExpressionStatement' ? nodeAt(node, 'expression') : undefined;
    const named = expression === undefined ? undefined : namedByCall(expression, this.scopes);
    return named?.type === 'Identifier' || named?.type === 'ThisExpression';
  }

  private nameFor(node: SyntaxNode): string {
    const variable = this.scopes.variableOf.get(node);
    if (variable === undefined) {
      if (nameOf(node) === 'arguments') this.checkOwn(node);
      return nameOf(node) ?? '';
    }
    const { root } = this;
    if (root === undefined || !isWithin(variable.scope, root)) return this.outerName(variable);
    const name = this.inner.get(variable) ?? `inner$${this.inner.size}`;
    this.inner.set(variable, name);
    return name;
  }

  /** Refuses `this` and what is like it where it belongs to a function around the part that is copied. */
  private checkOwn(node: SyntaxNode): void {
    const { parentOf } = this.scopes;
    for (let at = parentOf.get(node); at !== undefined; at = parentOf.get(at)) {
      const isOwner = (isFunction(at) && at.type !== 'ArrowFunctionExpression') || isClass(at);
      if (!isOwner) continue;
      if (this.root !== undefined && isWithin(at, this.root)) return;
      throw new UntraceableError('this, super or arguments of a function around it');
    }
  }

  private functionCopy(node: SyntaxNode): SyntaxNode {
    const copy = this.copyFields(node);
    const id = nodeAt(node, 'id');
    const self = node.type === 'FunctionExpression' && id !== undefined ? this.scopes.variableOf.get(id) : undefined;
    if (self !== undefined && self.references.length > 0) return copy;
    if (node['generator'] === true || ownsThis(node)) return { ...copy, type: expressionType(node), id: null };
    return { ...copy, type: 'ArrowFunctionExpression', id: null };
  }

  private propertyCopy(node: SyntaxNode): SyntaxNode {
    const value = nodeAt(node, 'value');
    const copy = { ...this.copyFields(node), shorthand: false };
    if (node['method'] !== true || value === undefined || value['generator'] === true || ownsThis(value)) return copy;
    return { ...copy, method: false };
  }

  private catchCopy(node: SyntaxNode): SyntaxNode {
    const parameter = nodeAt(node, 'param');
    const variable = parameter === undefined ? undefined : this.scopes.variableOf.get(parameter);
    const copy = this.copyFields(node);
    return variable?.references.length === 0 ? { ...copy, param: null } : copy;
  }
}

const expressionType = ({ type }: SyntaxNode): string =>
  type === 'ArrowFunctionExpression' ? type : 'FunctionExpression';

/** Whether a function has a `this` or `arguments` that belongs to it and to no arrow function's surroundings. */
function ownsThis(node: SyntaxNode): boolean {
  if (node.type === 'ArrowFunctionExpression') return false;
  const isOwn = (each: SyntaxNode): boolean =>
    ['ThisExpression', 'Super', 'MetaProperty'].includes(each.type) || nameOf(each) === 'arguments';
  const enter = (each: SyntaxNode): boolean => each.type === 'ArrowFunctionExpression' || !isFunction(each);
  return someNode(node, isOwn, enter);
}
