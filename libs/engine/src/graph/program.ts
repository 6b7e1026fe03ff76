import { nodesBeforeEffects } from '../fuse/before-effects.js';
import { Chains } from '../fuse/chains.js';
import { feedLines } from '../fuse/feed-lines.js';
import { GeneratedCode } from '../fuse/generated-code.js';
import { fieldsNeeded } from '../fuse/fields-needed.js';
import type { RowCode } from '../fuse/row-code.js';
import {
  plainLoop,
  RecordCounter,
  schemaLoop,
  type InputPiece,
  type SourceLoop,
  type TextNeeded,
} from '../fuse/source-loop.js';
import { ColdSide } from './cold-side.js';
import { StateConverter } from './convert-state.js';
import type { StoredForm } from '../ports.js';
import { canConvert } from './state-versions.js';
import type { OperatorState } from '../state/operator-state.js';
import type { CheckedDefinition, CheckedNode } from './checked-definition.js';
import { failureOf, type BatchFailure, type LineRef, type SetAsideLine, type Whereabouts } from './failure.js';
import { isOperator, makeOperator } from './make-operator.js';
import { getOrAdd, type BatchEnd, type Operator, type RowContext } from './operator.js';
import { EventTime } from './operators/event-time.js';
import { SinkBuffer, type OutputMeter, type SinkOutput } from './operators/sink.js';
import { sourcesInOrder } from './sources-in-order.js';
import { Watermark } from './watermark.js';

export interface ProgramOutput {
  readonly outcome: 'done';
  /** Without those that got no row. Their bytes are valid until the next batch. */
  readonly sinks: readonly SinkOutput[];
  readonly recordsIn: number;
  readonly recordsSkipped: number;
  /** The first few of them. */
  readonly skipped: readonly (LineRef & { readonly reason: string })[];
  /** Records that were set aside: under the poison policy `dead_letter`, and of what is read again. Absent: none. */
  readonly setAside?: readonly SetAsideLine[];
  readonly stateKeys: readonly { readonly uid: string; readonly keys: number }[];
  /** What operators counted in this batch: records that came too late, for example. */
  readonly counts: readonly { readonly uid: string; readonly name: string; readonly count: number }[];
}

export type ProgramResult = ProgramOutput | { readonly outcome: 'failed'; readonly failure: BatchFailure };

/** A state block of one operator: see state-block.ts. */
export interface ProgramBlock {
  readonly uid: string;
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly deleted: number;
}

/** What a program is told of a batch before its input. */
export interface BeginningBatch {
  readonly batchId: number;
  readonly batchTimeMs: number;
  /** How many of the first lines of a source are records that are read again, by uid. Absent: none. */
  readonly readAgain?: ReadonlyMap<string, number>;
}

/**
 * A compiled job with its state. A batch is `begin`, then each source's input in pieces, in the order of {@link sources},
 * then `end`. After a failed batch it is of no more use.
 */
export interface Program {
  /** The order in which their input is given: tables that are looked up in first, otherwise that of the graph. */
  readonly sources: readonly { readonly uid: string; readonly text: TextNeeded }[];
  begin(batch: BeginningBatch): void;
  /** @returns a failure, after which the batch is over. */
  feed(source: string, piece: InputPiece): BatchFailure | undefined;
  end(): ProgramResult;
  /** Applies a state block. Throws if there is no such operator, or the block is not its own. */
  restore(uid: string, block: Uint8Array): void;
  /** Makes of a block of another form of an operator's state one to be restored. Throws ConversionError too. */
  convert(uid: string, form: StoredForm, block: Uint8Array): Uint8Array;
  /** Freezes the state as of the last batch: all of it, or what has changed since the last snapshot. */
  freeze(kind: 'full' | 'delta'): void;
  /** The next block of what is frozen, while batches go on; undefined at the end. */
  nextBlock(): ProgramBlock | undefined;
  /** Of a job whose state need not be in memory: what its rows outside need. */
  readonly cold: ColdSide | undefined;
}

/** About how many bytes of state one block has. */
const BLOCK_BYTES = 1024 * 1024;

/** Composes the job's operators into one loop for each source, and runs batches with them. */
export function compileGraph(definition: CheckedDefinition): Program {
  return new CompiledProgram(definition);
}

class CompiledProgram implements Program {
  readonly sources: readonly { readonly uid: string; readonly text: TextNeeded }[];
  private readonly where: Whereabouts = { operator: undefined, key: undefined, source: undefined, line: 0 };
  private readonly meter: OutputMeter = { bytes: 0 };
  private readonly code = new GeneratedCode();
  private readonly chains: Chains;
  /** Inputs first. */
  private readonly operators: readonly Operator[];
  private readonly watermarks: Watermark[] = [];
  private readonly sinks: readonly SinkBuffer[];
  private readonly loops: ReadonlyMap<string, SourceLoop>;
  private readonly beforeEffects: ReadonlySet<number>;
  private readonly states = new Map<string, OperatorState>();
  private context: RowContext = { batchId: 0, batchTimeMs: 0 };
  private counter: RecordCounter;
  private frozen: Iterator<ProgramBlock, undefined> | undefined;
  private phase: 'idle' | 'in_batch' | 'broken' = 'idle';
  private isRestored = true;
  readonly cold: ColdSide | undefined;

  constructor(private readonly definition: CheckedDefinition) {
    const { nodes, poison } = definition;
    this.beforeEffects = poison === 'dead_letter' ? nodesBeforeEffects(nodes) : new Set();
    this.chains = new Chains(definition, this.code, this.where);
    this.counter = new RecordCounter(poison, this.where);
    for (const node of nodes.filter(({ kind }) => kind === 'sink')) {
      this.chains.sinks.set(node.id, new SinkBuffer(node, this.where, this.meter, this.code));
    }
    for (const node of nodes.filter(isOperator)) this.chains.operators.set(node.id, this.makeOperator(node));
    this.operators = [...this.chains.operators.values()];
    this.sinks = [...this.chains.sinks.values()];
    for (const { state } of this.operators) if (state !== undefined) this.states.set(state.uid, state);
    const loops = sourcesInOrder(nodes).map((node) => this.loopOf(node));
    this.loops = new Map(loops.map((loop) => [loop.node.uid ?? '', loop]));
    this.sources = loops.map(({ node, text }) => ({ uid: node.uid ?? '', text }));
    this.cold = ColdSide.of(definition, this.code, this.states, BLOCK_BYTES);
    this.code.compile();
  }

  restore(uid: string, block: Uint8Array): void {
    const state = this.states.get(uid);
    if (state === undefined) throw new RangeError(`no operator "${uid}" keeps state`);
    state.restore(block);
    this.isRestored = false;
  }

  convert(uid: string, form: StoredForm, block: Uint8Array): Uint8Array {
    const node = this.definition.nodes.find((one) => one.uid === uid);
    if (node === undefined || !canConvert(node, form)) throw new RangeError(`the state of "${uid}" has one form only`);
    return new StateConverter(node, form).convert(block);
  }

  begin({ batchId, batchTimeMs, readAgain }: BeginningBatch): void {
    if (this.phase !== 'idle') throw new RangeError('a batch has failed before, or is not at its end');
    if (!this.isRestored) this.afterRestore();
    this.phase = 'in_batch';
    this.meter.bytes = 0;
    this.context = Object.freeze({ batchId, batchTimeMs });
    this.counter = new RecordCounter(this.definition.poison, this.where, readAgain);
    this.where.source = undefined;
  }

  feed(source: string, piece: InputPiece): BatchFailure | undefined {
    if (this.phase !== 'in_batch') throw new RangeError('no batch has begun');
    const loop = this.loops.get(source);
    if (loop === undefined) throw new RangeError(`there is no source "${source}"`);
    if (this.where.source !== source) {
      this.where.source = source;
      this.where.line = 0;
    }
    const run = (piece: InputPiece): void => {
      loop.function.run(piece.bytes, piece.from, piece.to, piece.text, this.context, this.counter);
    };
    try {
      feedLines(piece, { text: loop.text, where: this.where, run }, (thrown) => this.passesOver(thrown));
      return undefined;
    } catch (thrown) {
      return this.broken(thrown);
    }
  }

  end(): ProgramResult {
    if (this.phase !== 'in_batch') throw new RangeError('no batch has begun');
    try {
      this.where.source = undefined;
      const end = endOfBatch(this.context);
      for (const watermark of this.watermarks) watermark.advance(this.context.batchTimeMs);
      for (const operator of this.operators) operator.endBatch?.(end);
      for (const watermark of this.watermarks) watermark.settle();
      this.phase = 'idle';
      return this.output();
    } catch (thrown) {
      return { outcome: 'failed', failure: this.broken(thrown) };
    }
  }

  freeze(kind: 'full' | 'delta'): void {
    if (this.phase !== 'idle') throw new RangeError('a batch has failed before, or is not at its end');
    if (this.frozen !== undefined) throw new RangeError('a snapshot is under way');
    if (!this.isRestored) this.afterRestore();
    // All operators at once; the generator pulls later.
    const parts = [...this.states.values()].map((state) => ({
      uid: state.uid,
      blocks: state.freeze(kind, BLOCK_BYTES),
    }));
    this.frozen = blocksOf(parts);
  }

  nextBlock(): ProgramBlock | undefined {
    const next = this.frozen?.next();
    if (next === undefined || next.done === true) {
      this.frozen = undefined;
      return undefined;
    }
    return next.value;
  }

  private makeOperator(node: CheckedNode): Operator {
    const { where, code, chains } = this;
    const clocks = node.kind === 'eventTime' ? [] : this.clocksOf(node, new Set());
    const watermark = clocks.length === 0 ? undefined : new Watermark(clocks);
    if (watermark !== undefined) this.watermarks.push(watermark);
    const operator = makeOperator({
      node,
      batchIntervalMs: this.definition.batchIntervalMs,
      where,
      code,
      emitCode: (row, tag) => chains.emitCode(node.id, row, tag),
      emitter: (tag) => chains.emitter(node.id, tag),
      isKeyed: (port) => chains.isKeyed(node.inputs[port] ?? -1),
      watermark,
    });
    return operator;
  }

  private loopOf(node: CheckedNode): SourceLoop {
    const { code, where, chains } = this;
    const emitCode = (row: RowCode): string => chains.emitCode(node.id, row);
    if (node.schema === undefined) return plainLoop(node, code, where, emitCode);
    return schemaLoop(node, fieldsNeeded(this.definition, node), code, where, emitCode);
  }

  /** The nearest nodes before this one that take timestamps. */
  private clocksOf(node: CheckedNode, seen: Set<number>): readonly EventTime[] {
    return node.inputs.flatMap((id) => {
      if (seen.has(id)) return [];
      seen.add(id);
      const operator = this.chains.operators.get(id);
      if (operator instanceof EventTime) return [operator];
      const input = this.definition.nodes.find((one) => one.id === id);
      return input === undefined ? [] : this.clocksOf(input, seen);
    });
  }

  private afterRestore(): void {
    this.isRestored = true;
    // First: what operators make of their state may depend on how far time has come.
    for (const watermark of this.watermarks) watermark.afterRestore();
    for (const state of this.states.values()) state.restored();
  }

  private output(): ProgramOutput {
    const { records, recordsSkipped, skipped, setAside } = this.counter;
    return {
      outcome: 'done',
      sinks: this.sinks.map((sink) => sink.take()).filter((output) => output !== undefined),
      recordsIn: records,
      recordsSkipped,
      skipped,
      ...(setAside.length === 0 ? {} : { setAside }),
      stateKeys: [...this.states.values()].map((state) => ({ uid: state.uid, keys: state.keys() })),
      counts: this.operators.flatMap((operator) => {
        const uid = operator.state?.uid ?? operator.uid ?? '';
        return Object.entries(operator.takeCounts?.() ?? {}).map(([name, count]) => ({ uid, name, count }));
      }),
    };
  }

  /** Sets a record aside at which the job's code threw, if it has had no effect yet. */
  private passesOver(thrown: unknown): boolean {
    const { operator } = this.where;
    if (operator === undefined || !this.beforeEffects.has(operator.id)) return false;
    const failure = failureOf(thrown, this.where);
    if (failure.code !== 'job_code_threw') return false;
    this.counter.leaveOut(failure.reason, failure.operator);
    return true;
  }

  private broken(thrown: unknown): BatchFailure {
    this.phase = 'broken';
    return failureOf(thrown, this.where);
  }
}

function* blocksOf(
  parts: readonly { readonly uid: string; readonly blocks: Iterator<Omit<ProgramBlock, 'uid'>, undefined> }[],
): Generator<ProgramBlock, undefined> {
  for (const { uid, blocks } of parts) {
    for (let next = blocks.next(); next.done !== true; next = blocks.next()) yield { uid, ...next.value };
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
