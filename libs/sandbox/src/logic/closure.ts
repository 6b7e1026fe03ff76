import { Copier } from './copier.js';
import { isWithin, UntraceableError, type Range } from './traceable.js';
import type { Definition, Scopes, Variable } from './scopes.js';
import { nodeAt, nodesAt, type SyntaxNode } from './syntax.js';
import { assign, call, declare, expression, identifier, program, undefinedValue } from './syntax-parts.js';
import { callsOf, callsTaking, usesOf } from './uses.js';

/** Global names that stand in a closure for what cannot be said in the language. */
export const ROOT = '$root';
export const ARGUMENTS = '$arguments';
const EACH = '$each';
const CAUGHT = '$caught';
const PASSED = '$passed';

/**
 * A function with everything in the script that it depends on, as a script of its own: declarations, then the call
 * `$root(function)`. A parameter of a function around it stands for what that function is called with: by the calls
 * within `near` if there are any, otherwise by all. Throws `UntraceableError`.
 */
export function closureOf(node: SyntaxNode, scopes: Scopes, near: Range | undefined): SyntaxNode {
  const closure = new Closure(scopes, near);
  const root = closure.copier.copyFunction(node);
  return program([...closure.statements, expression(call(identifier(ROOT), [root]))]);
}

class Closure {
  readonly statements: SyntaxNode[] = [];
  readonly copier: Copier;
  private readonly names = new Map<Variable, string>();
  private readonly taken = new Set<SyntaxNode>();

  constructor(
    private readonly scopes: Scopes,
    private readonly near: Range | undefined,
  ) {
    this.copier = new Copier(scopes, (variable) => this.nameOf(variable));
  }

  /** The name of a variable in this closure, into which it and what it depends on are taken. */
  private nameOf(variable: Variable): string {
    const known = this.names.get(variable);
    if (known !== undefined) return known;
    const name = `outer$${this.names.size}`;
    this.names.set(variable, name);
    const { writes, changes } = usesOf(variable, this.scopes);
    // A variable that is set in one place only is as good as a constant, also if that is not where it is declared.
    const [write, another] = writes;
    const [definition, more] = variable.definitions;
    const isSetOnce =
      write?.type === 'AssignmentExpression' &&
      write['operator'] === '=' &&
      another === undefined &&
      more === undefined;
    if (isSetOnce && definition?.kind === 'declarator' && nodeAt(definition.node, 'init') === undefined) {
      this.takeConstant(variable, name, write);
    } else {
      for (const each of variable.definitions) this.takeDefinition(each, name, writes.length > 0);
      for (const each of writes) this.takeWrite(each);
    }
    for (const each of changes) if (!this.taken.has(each)) this.takeChange(each);
    return name;
  }

  private takeConstant(variable: Variable, name: string, write: SyntaxNode): void {
    const left = nodeAt(write, 'left');
    const right = nodeAt(write, 'right');
    if (left === undefined || right === undefined || left.type !== 'Identifier') this.takeWrite(write);
    else this.statements.push(declare('const', identifier(name), this.copier.copy(right)));
  }

  private takeDefinition(definition: Definition, name: string, isWritten: boolean): void {
    const { node, kind } = definition;
    const keyword = isWritten ? 'let' : 'const';
    if (kind === 'parameter') {
      this.takeParameter(node, definition.index);
    } else if (kind === 'caught') {
      this.statements.push(declare(keyword, identifier(name), call(identifier(CAUGHT), [])));
    } else if (kind === 'declarator') {
      this.takeDeclarator(node, definition.statement, keyword);
    } else {
      const copy = kind === 'class' ? this.copier.copyClass(node) : this.copier.copyFunction(node);
      this.statements.push(declare(keyword, identifier(name), copy));
    }
  }

  private takeDeclarator(declarator: SyntaxNode, statement: SyntaxNode, keyword: 'let' | 'const'): void {
    if (this.taken.has(declarator)) return;
    this.taken.add(declarator);
    const id = nodeAt(declarator, 'id');
    const init = nodeAt(declarator, 'init');
    if (id === undefined) return;
    const loop = this.scopes.parentOf.get(statement);
    const looped =
      loop?.type === 'ForOfStatement' || loop?.type === 'ForInStatement' ? nodeAt(loop, 'right') : undefined;
    if (looped !== undefined && loop !== undefined && nodeAt(loop, 'left') === statement) {
      const each = call(identifier(EACH), [this.copier.copy(looped)]);
      this.statements.push(declare(keyword, this.copier.copyPattern(id), each));
    } else if (init === undefined) {
      this.statements.push(declare('let', this.copier.copyPattern(id), undefined));
    } else {
      const copy = this.copier.copy(init);
      this.statements.push(declare(keyword, this.copier.copyPattern(id), copy));
    }
  }

  private takeParameter(node: SyntaxNode, index: number): void {
    const parameter = nodesAt(node, 'params')[index];
    if (parameter === undefined || this.taken.has(parameter)) return;
    this.taken.add(parameter);
    const given = this.givenTo(node, index);
    const isDefaulted = parameter.type === 'AssignmentPattern';
    const pattern = isDefaulted ? nodeAt(parameter, 'left') : parameter;
    const fallback = isDefaulted ? nodeAt(parameter, 'right') : undefined;
    const values = fallback === undefined ? given : [...given, this.copier.copy(fallback)];
    if (pattern === undefined || pattern.type === 'RestElement') {
      throw new UntraceableError('a rest parameter of a function around it');
    }
    this.statements.push(declare('const', this.copier.copyPattern(pattern), call(identifier(ARGUMENTS), values)));
  }

  /** What a function is called with in the place of one of its parameters. */
  private givenTo(node: SyntaxNode, index: number): readonly SyntaxNode[] {
    const calls = this.nearest(callsOf(node, this.scopes));
    if (calls.length > 0) {
      return calls.map((each) => {
        const given = nodesAt(each, 'arguments');
        const spread = given.findIndex(({ type }) => type === 'SpreadElement');
        if (spread !== -1 && spread <= index) throw new UntraceableError('arguments that are spread');
        const value = given[index];
        return value === undefined ? undefinedValue() : this.copier.copy(value);
      });
    }
    const taking = this.nearest(callsTaking(node, this.scopes));
    if (taking.length === 0) throw new UntraceableError('a parameter of a function that nothing calls by its name');
    return taking.map((each) => this.copyWithout(each, node));
  }

  private nearest(calls: readonly SyntaxNode[]): readonly SyntaxNode[] {
    const { near } = this;
    const close = near === undefined ? [] : calls.filter((each) => isWithin(each, near));
    return close.length > 0 ? close : calls;
  }

  /** `names.map((name) => …)` without the function. */
  private copyWithout(taking: SyntaxNode, without: SyntaxNode): SyntaxNode {
    const callee = nodeAt(taking, 'callee');
    const others = nodesAt(taking, 'arguments').filter((each) => each !== without && each.type !== 'SpreadElement');
    const copies = [...(callee === undefined ? [] : [callee]), ...others].map((each) => this.copier.copy(each));
    return call(identifier(PASSED), copies);
  }

  private takeWrite(write: SyntaxNode): void {
    if (this.taken.has(write)) return;
    this.taken.add(write);
    const left = nodeAt(write, 'left');
    const right = nodeAt(write, 'right');
    if (
      (write.type === 'ForOfStatement' || write.type === 'ForInStatement') &&
      left !== undefined &&
      right !== undefined
    ) {
      const each = call(identifier(EACH), [this.copier.copy(right)]);
      this.statements.push(expression(assign(this.copier.copyPattern(left), each)));
    } else {
      this.statements.push(expression(this.copier.copy(write)));
    }
  }

  private takeChange(change: SyntaxNode): void {
    this.taken.add(change);
    this.statements.push(expression(this.copier.copy(change)));
  }
}
