import { idOfKey } from '../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import { OperatorState } from '../../state/operator-state.js';
import { columnsOfCells } from '../../state/state-columns.js';
import type { ColumnSpec, StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import { refuseThenable, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { WATERMARK_COLUMNS, WATERMARK_TABLE } from '../watermark.js';
import { ProcessCells } from './process-cells.js';
import { roleOf } from './role-of.js';
import { TIMER_COLUMNS, Timers, type TimerKind } from './timers.js';
import { rowsMaxOf, Ttl } from './ttl.js';

/** Timers that one key may have unless the job says otherwise. */
const TIMERS_MAX = 1_000;

/**
 * Code of the job's own for each row, with state and timers by key. Tables: `state`, a column for each declared cell;
 * `timers`, see {@link Timers}; `watermark`, where there is event time.
 */
export const process = (parts: OperatorParts): Operator => new Process(parts);

class Process implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  readonly cells: ProcessCells;
  readonly timers: Timers;
  readonly table: StateTable;
  private readonly ttl: Ttl | undefined;
  private readonly onRecord: TenantFunction;
  private readonly onTimer: TenantFunction | undefined;
  private readonly pushed: { readonly run: Emit };
  private readonly context: ProcessContext;
  private readonly keyText = (): string => this.table.keys.text(this.cells.id);

  constructor(readonly parts: OperatorParts) {
    const { node, code, watermark } = parts;
    const initial = node.options['state'] as { readonly [name: string]: unknown };
    const columns = [...columnsOfCells(initial).map(({ column }) => column), ...Ttl.columnsOf(node)];
    const tables: { readonly [name: string]: readonly ColumnSpec[] } = {
      state: columns,
      timers: TIMER_COLUMNS,
      ...(watermark === undefined ? {} : { [WATERMARK_TABLE]: WATERMARK_COLUMNS }),
    };
    this.state = new OperatorState(
      node.uid ?? '',
      (name) => tables[name],
      () => {
        this.afterRestore();
      },
      rowsMaxOf(node),
    );
    watermark?.keepIn(this.state);
    this.table = this.state.table('state');
    this.ttl = Ttl.of(parts, this.state);
    this.cells = new ProcessCells(this.table, initial);
    const timersMax = node.options['timersMax'];
    this.timers = new Timers(this.state.table('timers'), typeof timersMax === 'number' ? timersMax : TIMERS_MAX);
    this.onRecord = roleOf(node.functions, 'onRecord');
    this.onTimer = node.functions['onTimer'];
    this.context = new ProcessContext(this);
    this.inline = (row) => this.code(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  /** Called by generated code. */
  record(id: number, value: unknown, timeMs: number, context: RowContext): void {
    this.turnTo(id, timeMs, context, this.parts.watermark?.beforeMs);
    refuseThenable(this.onRecord(value, this.context));
    this.parts.where.key = undefined;
  }

  endBatch(batch: BatchEnd): void {
    this.fireTimers(batch);
    this.timers.endBatch();
    this.cells.endBatch();
    for (const id of this.ttl?.due(batch) ?? []) this.cells.remove(id);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.ttl?.takeCounts() ?? {};
  }

  /** What the operator says of the row in hand must not be what somebody behind it has said. */
  turnBack(): void {
    this.parts.where.operator = this.parts.node;
    this.parts.where.key = this.keyText;
  }

  private fireTimers(batch: BatchEnd): void {
    const { watermark, where } = this.parts;
    const { context } = batch;
    const until = { eventTime: watermark?.ms ?? -Infinity, processingTime: context.batchTimeMs };
    for (let due = this.timers.takeDue(until); due !== undefined; due = this.timers.takeDue(until)) {
      const { id, ms, kind, isEndless } = due;
      const row = this.table.idOfOther(this.timers.table, id);
      if (this.ttl?.lastMs(row) === -Infinity) this.ttl.addUndated(row);
      this.turnTo(row, kind === 'eventTime' ? ms : context.batchTimeMs, context, watermark?.ms);
      if (isEndless) throw misuse('timers go on setting timers for a time that has come');
      refuseThenable(this.onTimer?.(ms, kind, this.context));
      where.key = undefined;
    }
  }

  private turnTo(id: number, timeMs: number, context: RowContext, watermarkMs = -Infinity): void {
    this.cells.id = id;
    this.cells.begin();
    this.turnBack();
    const own = this.context;
    own.timeMs = timeMs;
    own.rowContext = context;
    own.watermarkMs = watermarkMs;
  }

  private afterRestore(): void {
    this.ttl?.afterRestore();
    this.timers.afterRestore();
    this.cells.afterRestore();
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const id = code.local('id');
    return `${place}.operator = ${here};
${idOfKey(table, row, id)}
${this.ttl === undefined ? '' : `${this.ttl.touchCode(code, table, id, row)}\n${table}.change(${id});`}
${self}.record(${id}, ${valueOf(row)}, ${row.time}, ${row.context});`;
  }
}

/** What the job's code gets: one object, of which only what it says changes from call to call. */
class ProcessContext {
  timeMs = 0;
  watermarkMs = -Infinity;
  readonly state: Pick<ProcessCells, 'get' | 'set' | 'clear'>;
  readonly timers: { readonly [name: string]: (ms: number) => void };
  readonly emit: (row: unknown) => void;
  readonly output: (tag: string, row: unknown) => void;
  rowContext: RowContext = { batchId: 0, batchTimeMs: 0 };

  constructor(private readonly owner: Process) {
    const { cells } = owner;
    this.state = {
      get: (name) => cells.get(name),
      set: (name, value) => {
        cells.set(name, value);
      },
      clear: (name) => {
        cells.clear(name);
      },
    };
    this.timers = this.timersOf(owner);
    const emitted = this.emitterOf();
    this.emit = (row) => {
      emitted(row, cells.id, this.timeMs, this.rowContext);
      owner.turnBack();
    };
    const tags = (owner.parts.node.options['outputs'] ?? []) as readonly string[];
    const outputs = new Map(tags.map((tag) => [tag, this.emitterOf(tag)]));
    this.output = (tag, row) => {
      const output = outputs.get(tag);
      if (output === undefined) throw misuse(`the process declares no output "${String(tag).slice(0, 50)}"`);
      output(row, cells.id, this.timeMs, this.rowContext);
      owner.turnBack();
    };
  }

  get key(): unknown {
    return this.owner.table.keys.key(this.owner.cells.id);
  }

  get batchId(): number {
    return this.rowContext.batchId;
  }

  get batchTimeMs(): number {
    return this.rowContext.batchTimeMs;
  }

  private timersOf({ timers, table, cells, parts }: Process): ProcessContext['timers'] {
    const check = (kind: TimerKind): void => {
      if (parts.node.functions['onTimer'] === undefined) throw misuse('the process has no onTimer');
      if (kind === 'eventTime' && parts.watermark === undefined) {
        throw misuse('a timer in event time needs eventTime(…) before the process');
      }
    };
    const set = (kind: TimerKind, ms: number): void => {
      check(kind);
      timers.set(kind, timers.table.idOfOther(table, cells.id), ms);
    };
    const remove = (kind: TimerKind, ms: number): void => {
      check(kind);
      // A key without timers has no row, and gets none for that.
      const id = timers.table.findOther(table, cells.id);
      if (id >= 0) timers.delete(kind, id, ms);
    };
    return {
      eventTime: (ms) => {
        set('eventTime', ms);
      },
      processingTime: (ms) => {
        set('processingTime', ms);
      },
      deleteEventTime: (ms) => {
        remove('eventTime', ms);
      },
      deleteProcessingTime: (ms) => {
        remove('processingTime', ms);
      },
    };
  }

  /** Hands a row on with the key of a row of the state, which is made into a value only where somebody needs it. */
  private emitterOf(tag?: string): (value: unknown, id: number, timeMs: number, context: RowContext) => void {
    const { code, emitCode } = this.owner.parts;
    const table = code.constant(this.owner.table);
    const emitted = code.add<(value: unknown, id: number, time: number, context: RowContext) => void>(
      'value, id, time, context',
      () =>
        emitCode(
          {
            value: { kind: 'local', code: 'value' },
            key: { kind: 'id', table, id: 'id' },
            time: 'time',
            context: 'context',
          },
          tag,
        ),
    );
    return (value, id, timeMs, context) => {
      emitted.run(value, id, timeMs, context);
    };
  }
}
