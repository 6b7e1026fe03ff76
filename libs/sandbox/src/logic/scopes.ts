import { eachChild, isClass, isFunction, isJustAName, nameOf, nodeAt, nodesAt, type SyntaxNode } from './syntax.js';

/** How a variable comes to be. */
export type Definition =
  | { readonly kind: 'function' | 'class'; readonly node: SyntaxNode }
  /** `node` is the declarator, `statement` the declaration around it. */
  | { readonly kind: 'declarator'; readonly node: SyntaxNode; readonly statement: SyntaxNode }
  /** `node` is the function. */
  | { readonly kind: 'parameter'; readonly node: SyntaxNode; readonly index: number }
  /** The name of a function or class expression within itself. */
  | { readonly kind: 'own name'; readonly node: SyntaxNode }
  | { readonly kind: 'caught'; readonly node: SyntaxNode };

export interface Variable {
  readonly name: string;
  /** What it is visible in. */
  readonly scope: SyntaxNode;
  readonly definitions: Definition[];
  /** Identifiers that read or write it, but for those that declare it. In the order of the text. */
  readonly references: SyntaxNode[];
}

/** Which variable each identifier of a script stands for. Identifiers that are not here are globals. */
export interface Scopes {
  readonly variableOf: ReadonlyMap<SyntaxNode, Variable>;
  readonly parentOf: ReadonlyMap<SyntaxNode, SyntaxNode>;
}

/** Resolves every identifier of a script. Functions in blocks belong to their block. */
export function findScopes(script: SyntaxNode): Scopes {
  const finder = new ScopeFinder();
  finder.declareBelow(script, new Scope(script, undefined, true));
  finder.resolve();
  return finder;
}

class Scope {
  private readonly variables = new Map<string, Variable>();

  constructor(
    readonly node: SyntaxNode,
    private readonly outer: Scope | undefined,
    private readonly takesVar: boolean,
  ) {}

  get forVar(): Scope {
    return this.takesVar || this.outer === undefined ? this : this.outer.forVar;
  }

  declare(name: string): Variable {
    const known = this.variables.get(name);
    if (known !== undefined) return known;
    const variable: Variable = { name, scope: this.node, definitions: [], references: [] };
    this.variables.set(name, variable);
    return variable;
  }

  find(name: string): Variable | undefined {
    return this.variables.get(name) ?? this.outer?.find(name);
  }
}

const BLOCKS: readonly string[] = [
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'CatchClause',
  'StaticBlock',
];

class ScopeFinder implements Scopes {
  readonly variableOf = new Map<SyntaxNode, Variable>();
  readonly parentOf = new Map<SyntaxNode, SyntaxNode>();
  private readonly unresolved: (readonly [identifier: SyntaxNode, scope: Scope])[] = [];

  resolve(): void {
    for (const [identifier, scope] of this.unresolved) {
      const variable = scope.find(nameOf(identifier) ?? '');
      if (variable === undefined) continue;
      variable.references.push(identifier);
      this.variableOf.set(identifier, variable);
    }
  }

  declareBelow(node: SyntaxNode, scope: Scope): void {
    eachChild(node, (child, field) => {
      this.parentOf.set(child, node);
      if (!isJustAName(node, field)) this.declare(child, scope);
    });
  }

  private declare(node: SyntaxNode, scope: Scope): void {
    if (node.type === 'Identifier') {
      if (!this.variableOf.has(node)) this.unresolved.push([node, scope]);
    } else if (isFunction(node)) {
      this.declareFunction(node, scope);
    } else if (isClass(node)) {
      this.declareClass(node, scope);
    } else if (node.type === 'VariableDeclaration') {
      const target = node['kind'] === 'var' ? scope.forVar : scope;
      for (const declarator of nodesAt(node, 'declarations')) {
        this.bind(nodeAt(declarator, 'id'), target, { kind: 'declarator', node: declarator, statement: node });
      }
      this.declareBelow(node, scope);
    } else if (BLOCKS.includes(node.type)) {
      const block = new Scope(node, scope, node.type === 'StaticBlock');
      if (node.type === 'CatchClause') this.bind(nodeAt(node, 'param'), block, { kind: 'caught', node });
      this.declareBelow(node, block);
    } else {
      this.declareBelow(node, scope);
    }
  }

  private declareFunction(node: SyntaxNode, scope: Scope): void {
    const id = nodeAt(node, 'id');
    const isDeclaration = node.type === 'FunctionDeclaration';
    if (isDeclaration) this.bind(id, scope, { kind: 'function', node });
    const inner = new Scope(node, scope, true);
    // Its own name is hidden by a parameter of that name, and then stands for nothing.
    if (!isDeclaration) this.bind(id, inner, { kind: 'own name', node });
    for (const [index, parameter] of nodesAt(node, 'params').entries()) {
      this.bind(parameter, inner, { kind: 'parameter', node, index });
    }
    this.declareBelow(node, inner);
  }

  private declareClass(node: SyntaxNode, scope: Scope): void {
    const id = nodeAt(node, 'id');
    if (node.type === 'ClassDeclaration') {
      this.bind(id, scope, { kind: 'class', node });
      this.declareBelow(node, scope);
      return;
    }
    const inner = new Scope(node, scope, false);
    this.bind(id, inner, { kind: 'own name', node });
    this.declareBelow(node, inner);
  }

  /** Declares every name of a pattern. */
  private bind(pattern: SyntaxNode | undefined, scope: Scope, definition: Definition): void {
    if (pattern === undefined) return;
    const name = nameOf(pattern);
    if (name !== undefined) {
      const variable = scope.declare(name);
      if (!variable.definitions.includes(definition)) variable.definitions.push(definition);
      this.variableOf.set(pattern, variable);
      return;
    }
    for (const part of partsOf(pattern)) this.bind(part, scope, definition);
  }
}

/** The patterns that a pattern consists of. */
function partsOf(pattern: SyntaxNode): readonly (SyntaxNode | undefined)[] {
  switch (pattern.type) {
    case 'ObjectPattern':
      return nodesAt(pattern, 'properties').map((property) =>
        property.type === 'Property' ? nodeAt(property, 'value') : property,
      );
    case 'ArrayPattern':
      return nodesAt(pattern, 'elements');
    case 'AssignmentPattern':
      return [nodeAt(pattern, 'left')];
    case 'RestElement':
      return [nodeAt(pattern, 'argument')];
    default:
      return [];
  }
}
