import { closureOf } from './closure.js';
import { isWithin, UntraceableError, type Range } from './traceable.js';
import { normalForm } from './normal-form.js';
import { findScopes, type Scopes } from './scopes.js';
import { eachChild, isFunction, nodeAt, parseScript, type SyntaxNode } from './syntax.js';

/** A node of a job's graph, with the text that each of its functions has in the bundle. */
export interface DefinedNode {
  readonly id: number;
  readonly kind: string;
  readonly uid?: string | undefined;
  readonly inputs: readonly number[];
  readonly connector?: string | undefined;
  readonly options: unknown;
  /** Of a node that keeps no state; the schema of state is part of the state's shape. */
  readonly schema?: unknown;
  readonly functions: { readonly [role: string]: string };
  /** `bundle.js:line:column` of the name of the method that was called. */
  readonly at: string;
}

/**
 * What each node with a uid does, as a text that is the same for the same logic: its own options and functions, with all
 * code that they depend on, and those of the nodes without uid that feed it. Nodes that cannot be traced are left out.
 * Throws what the parser throws.
 */
export function traceLogic(code: string, nodes: readonly DefinedNode[]): { readonly [uid: string]: string } {
  const tracer = new Tracer(code, nodes);
  return Object.fromEntries(
    nodes.flatMap((node) => {
      const text = node.uid === undefined ? undefined : tracer.textOf(node);
      return node.uid === undefined || text === undefined ? [] : [[node.uid, text]];
    }),
  );
}

class Tracer {
  private readonly script: SyntaxNode;
  private readonly scopes: Scopes;
  private readonly places: Places;
  private readonly byId: ReadonlyMap<number, DefinedNode>;
  private readonly known = new Map<DefinedNode, string | undefined>();
  private readonly forms = new Map<string, string | undefined>();

  constructor(code: string, nodes: readonly DefinedNode[]) {
    this.script = parseScript(code);
    this.scopes = findScopes(this.script);
    this.byId = new Map(nodes.map((node) => [node.id, node]));
    this.places = new Places(this.script, code, new Set(nodes.flatMap(({ functions }) => Object.values(functions))));
  }

  textOf(node: DefinedNode): string | undefined {
    if (!this.known.has(node)) {
      // Also ends a cycle, of which no graph has one.
      this.known.set(node, undefined);
      this.known.set(node, this.composed(node));
    }
    return this.known.get(node);
  }

  private composed({ kind, inputs, connector, options, schema, functions, at }: DefinedNode): string | undefined {
    const call = this.places.callAt(at);
    const code = Object.entries(functions).map(([role, text]) => [role, this.formOf(text, call)] as const);
    const fedBy = inputs.map((input) => {
      const feeding = this.byId.get(input);
      if (feeding === undefined) return undefined;
      return feeding.uid === undefined ? this.textOf(feeding) : `uid ${feeding.uid}`;
    });
    if (fedBy.includes(undefined) || code.some(([, form]) => form === undefined)) return undefined;
    const parts = { kind, connector, options, schema, functions: Object.fromEntries(code), inputs: fedBy };
    return inOneOrder(parts);
  }

  /** Of a function that stands in the bundle more than once, the ones within the call count, or else all. */
  private formOf(text: string, call: Range | undefined): string | undefined {
    const found = this.places.functionsWith(text);
    const close = call === undefined ? [] : found.filter((each) => isWithin(each, call));
    const meant = close.length > 0 ? close : found;
    if (meant.length === 0) return undefined;
    const forms = meant.map((each) => this.normalFormOf(each, call));
    return forms.includes(undefined) ? undefined : [...new Set(forms)].sort().join('\n');
  }

  private normalFormOf(node: SyntaxNode, call: Range | undefined): string | undefined {
    const key = `${node.start} ${call?.start ?? ''} ${call?.end ?? ''}`;
    if (!this.forms.has(key)) {
      try {
        this.forms.set(key, normalForm(closureOf(node, this.scopes, call)));
      } catch (error) {
        // Nested too deeply, or so that the minifier gives up: that node's logic stays unknown, and no other's.
        if (!(error instanceof UntraceableError) && !(error instanceof Error)) throw error;
        this.forms.set(key, undefined);
      }
    }
    return this.forms.get(key);
  }
}

/** Where calls and functions stand in a script. */
class Places {
  private readonly lineStarts: readonly number[];
  private readonly calls = new Map<number, Range>();
  private readonly functions = new Map<string, SyntaxNode[]>();

  constructor(
    script: SyntaxNode,
    private readonly code: string,
    private readonly texts: ReadonlySet<string>,
  ) {
    this.lineStarts = [
      0,
      ...[...code.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map(({ 0: end, index }) => index + end.length),
    ];
    const lengths = new Set([...texts].map(({ length }) => length));
    this.find(script, lengths);
  }

  /** From the name of what is called, at this place, to the end of the call: its arguments, and no call before it. */
  callAt(at: string): Range | undefined {
    const [, line = '', column = ''] = /:(\d+):(\d+)$/.exec(at) ?? [];
    const start = this.lineStarts[Number(line) - 1];
    return start === undefined ? undefined : this.calls.get(start + Number(column) - 1);
  }

  functionsWith(text: string): readonly SyntaxNode[] {
    return this.functions.get(text) ?? [];
  }

  private find(node: SyntaxNode, lengths: ReadonlySet<number>): void {
    const value = nodeAt(node, 'value');
    const isMethod = (node['method'] === true || node.type === 'MethodDefinition') && value !== undefined;
    if ((isFunction(node) || isMethod) && lengths.has(node.end - node.start)) {
      const text = this.code.slice(node.start, node.end);
      if (this.texts.has(text)) this.functions.set(text, [...(this.functions.get(text) ?? []), node]);
    }
    const callee = node.type === 'CallExpression' ? nodeAt(node, 'callee') : undefined;
    if (callee !== undefined) {
      const { start } = nodeAt(callee, 'property') ?? callee;
      this.calls.set(start, { start, end: node.end });
    }
    eachChild(node, (child) => {
      this.find(child, lengths);
    });
  }
}

/** JSON with the members of every object in one order. */
function inOneOrder(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
