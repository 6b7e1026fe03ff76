import { ruleOf, type CheckedDefinition, type CheckedNode } from '../graph/checked-definition.js';
import type { Whereabouts } from '../graph/failure.js';
import type { Operator } from '../graph/operator.js';
import type { SinkBuffer } from '../graph/operators/sink.js';
import type { GeneratedCode, GeneratedFunction } from './generated-code.js';
import { EMIT_PARAMS, emittedRow, keyOf, valueOf, type Emit, type RowCode } from './row-code.js';
import { STATELESS, type StatelessKind } from './stateless-code.js';

/** V8 gives up on optimising very long functions: a chain goes on in another one from here. */
const INLINED_MAX = 24;

interface Consumer {
  readonly node: CheckedNode;
  readonly port: number;
}

/** Generates what happens to a row behind a node: everything up to the next operator that keeps rows. */
export class Chains {
  readonly operators = new Map<number, Operator>();
  readonly sinks = new Map<number, SinkBuffer>();
  private readonly nodes: ReadonlyMap<number, CheckedNode>;
  private readonly consumers: ReadonlyMap<number, readonly Consumer[]>;
  private readonly shared = new Map<string, GeneratedFunction<Emit>>();
  /** Whether where a row is must be known at every operator, also where that calls no code of the job. */
  private readonly marksAll: boolean;
  private depth = 0;

  constructor(
    definition: CheckedDefinition,
    private readonly code: GeneratedCode,
    private readonly where: Whereabouts,
  ) {
    this.nodes = new Map(definition.nodes.map((node) => [node.id, node]));
    const consumers = new Map<number, Consumer[]>(definition.nodes.map(({ id }) => [id, []]));
    for (const node of [...definition.nodes].sort((a, b) => a.id - b.id)) {
      node.inputs.forEach((input, port) => consumers.get(input)?.push({ node, port }));
    }
    this.consumers = consumers;
    this.marksAll = definition.poison === 'dead_letter';
  }

  /** Statements for everything that reads the output `tag` of the node. */
  readonly emitCode = (from: number, row: RowCode, tag?: string): string =>
    this.readersOf(from, tag)
      .map((consumer) => `{\n${this.consume(consumer, row)}\n}`)
      .join('\n');

  /** The same as a function, one for each output. */
  emitter(from: number, tag?: string): GeneratedFunction<Emit> {
    const name = `${from}/${tag ?? ''}`;
    const known = this.shared.get(name);
    if (known !== undefined) return known;
    const made = this.code.add<Emit>(EMIT_PARAMS, () => {
      this.depth = 0;
      return this.emitCode(from, emittedRow(this.isKeyed(from)), tag);
    });
    this.shared.set(name, made);
    return made;
  }

  /** Whether rows behind the node are `[key, value]`. */
  isKeyed(id: number): boolean {
    const node = this.nodes.get(id);
    if (node === undefined) return false;
    const { keyed } = ruleOf(node.kind);
    if (keyed === 'as its inputs') return node.inputs.every((input) => this.isKeyed(input));
    return keyed;
  }

  /** Whether anything reads the output `tag` of the node. */
  isRead(id: number, tag?: string): boolean {
    return this.readersOf(id, tag).length > 0;
  }

  private readersOf(id: number, tag?: string): readonly Consumer[] {
    const readers = this.consumers.get(id) ?? [];
    return readers.filter(({ node }) => (node.kind === 'output' ? node.options['tag'] : undefined) === tag);
  }

  private consume({ node, port }: Consumer, row: RowCode): string {
    const sink = this.sinks.get(node.id);
    if (sink !== undefined) return this.marked(node, sink.inline(row));
    const operator = this.operators.get(node.id);
    if (operator?.inline !== undefined) return this.marked(node, operator.inline(row, port));
    if (operator !== undefined) {
      return this.marked(
        node,
        `${this.code.constant(operator)}.push(${valueOf(row)}, ${keyOf(row)}, ${row.time}, ${row.context}, ${port});`,
      );
    }
    if (node.kind === 'output') return this.emitCode(node.id, row);
    // A union's readers stand once in the code, however many streams it joins.
    if (node.kind === 'union' || this.depth >= INLINED_MAX) return this.callShared(node, row);
    return this.deeper(() =>
      STATELESS[node.kind as StatelessKind](
        { node, code: this.code, where: this.where, next: (next) => this.emitCode(node.id, next) },
        row,
      ),
    );
  }

  private marked(node: CheckedNode, statements: string): string {
    if (!this.marksAll) return statements;
    return `${this.code.constant(this.where)}.operator = ${this.code.constant(node)};\n${statements}`;
  }

  private callShared(node: CheckedNode, row: RowCode): string {
    const behind =
      node.kind === 'union' ? this.emitter(node.id) : this.code.add<Emit>(EMIT_PARAMS, () => this.fromHere(node, row));
    return `${behind.name}(${valueOf(row)}, ${keyOf(row)}, ${row.time}, ${row.context});`;
  }

  private fromHere(node: CheckedNode, row: RowCode): string {
    this.depth = 0;
    return this.consume({ node, port: 0 }, emittedRow(row.key !== undefined));
  }

  private deeper(generate: () => string): string {
    this.depth += 1;
    try {
      return generate();
    } finally {
      this.depth -= 1;
    }
  }
}
