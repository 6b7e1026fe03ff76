import { minify_sync, type CompressOptions, type MinifyOptions } from 'terser';
import { ARGUMENTS, ROOT } from './closure.js';
import { namelessText } from './nameless-text.js';
import { findScopes, type Scopes, type Variable } from './scopes.js';
import { settled } from './settle.js';
import { isJustAName, isNode, nameOf, nodeAt, nodesAt, parseScript, type SyntaxNode } from './syntax.js';

/** Fixed: another option, or another version of the minifier, makes every stored hash differ from those made after it. */
const COMPRESS: CompressOptions = {
  ecma: 2020,
  toplevel: true,
  passes: 3,
  pure_getters: true,
  unsafe_arrows: true,
  keep_fargs: true,
};

// The minifier takes a syntax tree as well; its types say nothing of it.
const OPTIONS = {
  parse: { spidermonkey: true },
  compress: COMPRESS,
  mangle: false,
  format: { comments: false, ecma: 2020 },
} as MinifyOptions;

/** The form that all scripts have which differ in syntax and names alone. @param closure what `closureOf` makes. */
export function normalForm(closure: SyntaxNode): string {
  const { code = '' } = minify_sync(closure as never, OPTIONS);
  return canonicalText(parseScript(code));
}

/** The text of a script with names in the order of their use, and with declarations where they are used first. */
export function canonicalText(script: SyntaxNode): string {
  const scopes = findScopes(script);
  const writer = new Writer(scopes);
  const { root, declared, others } = partsOf(script, scopes);
  writer.write(settled(root));
  // Each declaration is written once it is used; writing it uses others.
  const written = new Set<Variable>();
  for (const variable of writer.used) {
    const declaration = declared.get(variable);
    if (declaration === undefined || written.has(variable)) continue;
    written.add(variable);
    writer.write(settled(declaration));
  }
  for (const other of others) writer.write(settled(other));
  return writer.text;
}

interface Parts {
  readonly root: SyntaxNode;
  readonly declared: ReadonlyMap<Variable, SyntaxNode>;
  readonly others: readonly SyntaxNode[];
}

/** A minifier puts statements together; this takes those of the script itself apart. */
function partsOf(script: SyntaxNode, { variableOf }: Scopes): Parts {
  const declared = new Map<Variable, SyntaxNode>();
  const expressions: SyntaxNode[] = [];
  const others: SyntaxNode[] = [];
  for (const statement of nodesAt(script, 'body')) {
    const expression = statement.type === 'ExpressionStatement' ? nodeAt(statement, 'expression') : undefined;
    if (expression !== undefined) expressions.push(...sequenceOf(expression));
    else if (statement.type === 'VariableDeclaration') {
      for (const declarator of nodesAt(statement, 'declarations')) {
        const id = nodeAt(declarator, 'id');
        const variable = id === undefined ? undefined : variableOf.get(id);
        if (variable === undefined) others.push(declarator);
        else declared.set(variable, declarator);
      }
    } else {
      const id = nodeAt(statement, 'id');
      const variable = id === undefined ? undefined : variableOf.get(id);
      if (variable === undefined) others.push(statement);
      else declared.set(variable, statement);
    }
  }
  const root = expressions.find((each) => nameOf(nodeAt(each, 'callee')) === ROOT);
  if (root === undefined) throw new RangeError('the function was lost on the way');
  return { root, declared, others: [...others, ...expressions.filter((each) => each !== root)] };
}

const sequenceOf = (expression: SyntaxNode): readonly SyntaxNode[] =>
  expression.type === 'SequenceExpression' ? nodesAt(expression, 'expressions') : [expression];

/** Where something stands, how it was written, and what follows from the rest. */
const LEFT_OUT: ReadonlySet<string> = new Set(['type', 'start', 'end', 'raw', 'shorthand', 'sourceType']);

class Writer {
  /** In the order of first use; grows while it is gone through. */
  readonly used = new Set<Variable>();
  private readonly numbers = new Map<Variable, number>();
  private readonly labels: string[] = [];
  private readonly pieces: string[] = [];

  constructor(private readonly scopes: Scopes) {}

  get text(): string {
    return this.pieces.join('');
  }

  write(node: SyntaxNode): void {
    const name = nameOf(node);
    if (name !== undefined) {
      this.pieces.push(this.writtenName(node, name));
      return;
    }
    const fields = node.type === 'CallExpression' && isArguments(node) ? inOneOrder(node) : node;
    this.pieces.push('(', node.type);
    for (const field of Object.keys(fields).sort()) {
      if (LEFT_OUT.has(field) || fields[field] === null || fields[field] === undefined || fields[field] === false)
        continue;
      this.pieces.push(' ', field, '=');
      if (field === 'label') this.pieces.push(this.labelOf(nodeAt(node, field)));
      else if (isJustAName(node, field)) this.writeName(fields[field]);
      else this.writeValue(fields[field]);
    }
    this.pieces.push(')');
  }

  private writtenName(node: SyntaxNode, name: string): string {
    const variable = this.scopes.variableOf.get(node);
    if (variable === undefined) return `global ${name}`;
    this.used.add(variable);
    const number = this.numbers.get(variable) ?? this.numbers.size;
    this.numbers.set(variable, number);
    return `#${number}`;
  }

  /** Labels of one name mean the same thing in nested statements only, so the name's number will do. */
  private labelOf(label: SyntaxNode | undefined): string {
    const name = nameOf(label) ?? '';
    if (!this.labels.includes(name)) this.labels.push(name);
    return `label ${this.labels.indexOf(name)}`;
  }

  /** A member's name; whether it stands in quotes is all the same. */
  private writeName(value: unknown): void {
    const node = isNode(value) ? value : undefined;
    const name = nameOf(node) ?? (node?.type === 'PrivateIdentifier' ? `#${String(node['name'])}` : node?.['value']);
    if (node !== undefined && name === undefined) this.write(node);
    else this.pieces.push(JSON.stringify(String(name)));
  }

  private writeValue(value: unknown): void {
    if (isNode(value)) this.write(value);
    else if (Array.isArray(value)) {
      this.pieces.push('[');
      for (const each of value as readonly unknown[]) {
        this.writeValue(each);
        this.pieces.push(',');
      }
      this.pieces.push(']');
    } else if (typeof value === 'bigint') this.pieces.push(`${value}n`);
    // The object of a regular expression says no more than the text of it beside it.
    else if (value instanceof RegExp) this.pieces.push('regex');
    else this.pieces.push(JSON.stringify(value) ?? 'undefined');
  }
}

const isArguments = (node: SyntaxNode): boolean => nameOf(nodeAt(node, 'callee')) === ARGUMENTS;

/** In which order a function around an operator's is called says nothing. */
function inOneOrder(node: SyntaxNode): SyntaxNode {
  const given = nodesAt(node, 'arguments').map((each) => [namelessText(each), each] as const);
  return { ...node, arguments: given.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, each]) => each) };
}
