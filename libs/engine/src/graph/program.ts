import type { StateRow } from '../ports.js';
import type { CheckedDefinition, CheckedNode } from './checked-definition.js';
import { failureOf, type BatchFailure, type LineRef, type Whereabouts } from './failure.js';
import { LineReader, type RecordFormat } from './line-reader.js';
import {
  getOrAdd,
  type BatchEnd,
  type Operator,
  type OperatorParts,
  type OperatorState,
  type Push,
  type RowContext,
} from './operator.js';
import { reduceByKeyAndWindow } from './operators/reduce-by-key-and-window.js';
import { reduceByKey } from './operators/reduce-by-key.js';
import { SinkBuffer, type OutputMeter, type SinkOutput } from './operators/sink.js';
import { STATELESS } from './operators/stateless.js';
import { updateStateByKey } from './operators/update-state-by-key.js';
import { window } from './operators/window.js';

/** What a batch reads, as text: the form in which it crosses into the isolate. */
export interface ProgramInput {
  readonly batchId: number;
  readonly batchTimeMs: number;
  /** Newline-separated records by source; the last newline is optional. */
  readonly sources: readonly { readonly uid: string; readonly text: string }[];
}

export interface ProgramOutput {
  readonly outcome: 'done';
  /** Without those that got no row. */
  readonly sinks: readonly SinkOutput[];
  readonly recordsIn: number;
  readonly recordsSkipped: number;
  /** The first few of them. */
  readonly skipped: readonly (LineRef & { readonly reason: string })[];
  readonly stateKeys: readonly { readonly uid: string; readonly keys: number }[];
}

export type ProgramResult = ProgramOutput | { readonly outcome: 'failed'; readonly failure: BatchFailure };

/** A compiled job with its state. One batch at a time; after a failed batch it is of no more use. */
export interface Program {
  /** Adds a row to an operator's state. Throws if there is no such operator, or the row is not its own. */
  restore(uid: string, rows: Iterable<StateRow>): void;
  run(input: ProgramInput): ProgramResult;
  /** The state as of the last batch, operator by operator. Not to be used across a batch. */
  snapshot(): Iterable<{ readonly uid: string; readonly rows: Iterable<StateRow> }>;
}

/** Composes the job's operators into one function for each source, and runs batches with them. */
export function compileGraph(definition: CheckedDefinition): Program {
  return new CompiledProgram(definition);
}

class CompiledProgram implements Program {
  private readonly where: Whereabouts = { operator: undefined, key: undefined, source: undefined, line: 0 };
  private readonly meter: OutputMeter = { chars: 0 };
  /** Inputs first. */
  private readonly operators: Operator[] = [];
  private readonly sources: { readonly uid: string; readonly format: RecordFormat; readonly push: Push }[] = [];
  private readonly sinks: SinkBuffer[] = [];
  private readonly states = new Map<string, OperatorState>();
  private broken = false;

  constructor(private readonly definition: CheckedDefinition) {
    const consumers = new Map<number, Push[]>(definition.nodes.map(({ id }) => [id, []]));
    for (const node of definition.nodes.toReversed()) {
      const push = this.add(node, fanOut(consumers.get(node.id) ?? []));
      for (const input of node.inputs) consumers.get(input)?.push(push);
    }
    this.operators.reverse();
    this.sources.reverse();
    this.sinks.reverse();
    for (const { state } of this.operators) if (state !== undefined) this.states.set(state.uid, state);
  }

  restore(uid: string, rows: Iterable<StateRow>): void {
    const state = this.states.get(uid);
    if (state === undefined) throw new RangeError(`no operator "${uid}" keeps state`);
    for (const row of rows) state.restore(row);
  }

  run(input: ProgramInput): ProgramResult {
    if (this.broken) throw new RangeError('a batch has failed before');
    this.broken = true;
    this.meter.chars = 0;
    try {
      const context: RowContext = Object.freeze({ batchId: input.batchId, batchTimeMs: input.batchTimeMs });
      const read = this.readAll(input, context);
      const end = endOfBatch(context);
      for (const operator of this.operators) operator.endBatch?.(end);
      this.broken = false;
      const sinks = this.sinks.map((sink) => sink.take()).filter((output) => output !== undefined);
      const stateKeys = [...this.states.values()].map((state) => ({ uid: state.uid, keys: state.size() }));
      return { outcome: 'done', sinks, ...read, stateKeys };
    } catch (thrown) {
      return { outcome: 'failed', failure: failureOf(thrown, this.where) };
    }
  }

  *snapshot(): Iterable<{ readonly uid: string; readonly rows: Iterable<StateRow> }> {
    if (this.broken) throw new RangeError('a batch has failed before');
    for (const state of this.states.values()) yield { uid: state.uid, rows: state.rows() };
  }

  private add(node: CheckedNode, emit: Push): Push {
    const { where, definition } = this;
    const parts: OperatorParts = { node, batchIntervalMs: definition.batchIntervalMs, emit, where };
    switch (node.kind) {
      case 'source':
        this.sources.push({
          uid: node.uid ?? '',
          format: node.options['format'] === 'text' ? 'text' : 'json',
          push: emit,
        });
        return emit;
      case 'sink': {
        const sink = new SinkBuffer(node, where, this.meter);
        this.sinks.push(sink);
        return sink.push;
      }
      case 'reduceByKey':
        return this.addOperator(reduceByKey(parts));
      case 'updateStateByKey':
        return this.addOperator(updateStateByKey(parts));
      case 'reduceByKeyAndWindow':
        return this.addOperator(reduceByKeyAndWindow(parts));
      case 'window':
        return this.addOperator(window(parts));
      default:
        return STATELESS[node.kind](parts);
    }
  }

  private addOperator(operator: Operator): Push {
    this.operators.push(operator);
    return operator.push;
  }

  private readAll(
    { sources }: ProgramInput,
    context: RowContext,
  ): Pick<ProgramOutput, 'recordsIn' | 'recordsSkipped' | 'skipped'> {
    const reader = new LineReader(this.definition.poison, this.where);
    const texts = new Map(sources.map(({ uid, text }) => [uid, text]));
    // In the order of the graph, so that the host's order does not show in the output.
    for (const { uid, format, push } of this.sources) {
      this.where.source = uid;
      reader.read(texts.get(uid) ?? '', { uid, format, push, context });
    }
    this.where.source = undefined;
    return { recordsIn: reader.records, recordsSkipped: reader.recordsSkipped, skipped: reader.skipped };
  }
}

/** One context object for each window, so that operators can tell windows apart by it. */
function endOfBatch(context: RowContext): BatchEnd {
  const { batchId, batchTimeMs } = context;
  const contexts = new Map<string, RowContext>();
  return {
    context,
    windowContext: (windowStartMs, windowEndMs) =>
      getOrAdd(contexts, `${windowStartMs}/${windowEndMs}`, () =>
        Object.freeze({ batchId, batchTimeMs, windowStartMs, windowEndMs }),
      ),
  };
}

function fanOut(consumers: readonly Push[]): Push {
  const [first, ...more] = consumers.toReversed();
  if (first === undefined) return () => undefined;
  if (more.length === 0) return first;
  return (row, context) => {
    first(row, context);
    for (const push of more) push(row, context);
  };
}
