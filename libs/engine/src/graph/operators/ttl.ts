import type { GeneratedCode } from '../../fuse/generated-code.js';
import type { RowCode } from '../../fuse/row-code.js';
import { grown, IdList, IdSet } from '../../state/growing.js';
import { OperatorState } from '../../state/operator-state.js';
import { COLD_ROWS_MAX, ROWS_MAX, type ColumnSpec, type StateTable } from '../../state/state-table.js';
import type { CheckedNode } from '../checked-definition.js';
import type { BatchEnd, OperatorParts } from '../operator.js';
import { WATERMARK_COLUMNS, WATERMARK_TABLE, type Watermark } from '../watermark.js';

/** Stands behind the columns of an operator whose rows end; names that begin with @ are the engine's own. */
const LAST_TOUCHED = { name: '@lastMs', type: 'f64', initial: -Infinity, optional: true } as const;

/** In so many steps time is divided until a row may end: the rows of one step are looked at together. */
const STEPS = 256;

/**
 * Ends rows of the table `state` that nothing has touched for a time. When a row was last touched lies in a column of its
 * own, so that it survives a restore. Rows wait in buckets by that time; one that was touched since is put into another
 * bucket when its turn comes, so that neither a touch nor a batch looks at more than it must.
 */
export class Ttl {
  /** By step of time. */
  private readonly buckets = new Map<number, IdList>();
  /** By id: the bucket that its one entry which counts is in. */
  private bucketOf = new Float64Array(64).fill(Infinity);
  /** Were kept before their operator had a ttl. */
  private readonly undated = new IdSet();
  private readonly stepMs: number;
  private nowMs = -Infinity;
  private expired = 0;

  private constructor(
    private readonly table: StateTable,
    private readonly column: number,
    private readonly afterMs: number,
    private readonly watermark: Watermark | undefined,
  ) {
    this.stepMs = Math.max(1, Math.ceil(afterMs / STEPS));
  }

  static columnsOf({ options }: CheckedNode): readonly ColumnSpec[] {
    return options['ttlMs'] === undefined ? [] : [LAST_TOUCHED];
  }

  /** The columns of a table that it needs beside `state`. */
  static tableOf({ options }: CheckedNode, name: string): readonly ColumnSpec[] | undefined {
    return options['ttlTime'] === 'event' && name === WATERMARK_TABLE ? WATERMARK_COLUMNS : undefined;
  }

  static of({ node, watermark }: OperatorParts, state: OperatorState): Ttl | undefined {
    const { ttlMs, ttlTime } = node.options;
    if (typeof ttlMs !== 'number') return undefined;
    if (ttlTime === 'event') watermark?.keepIn(state);
    const table = state.table('state');
    const column = table.specs.findIndex(({ name }) => name === LAST_TOUCHED.name);
    return new Ttl(table, column, ttlMs, ttlTime === 'event' ? watermark : undefined);
  }

  /** Statements that say that the row `id` is used. */
  touchCode(code: GeneratedCode, table: string, id: string, row: RowCode): string {
    const [last, time] = [code.local('last'), code.local('touched')];
    return `const ${last} = ${table}.columns[${this.column}];
const ${time} = ${this.watermark === undefined ? `${row.context}.batchTimeMs` : row.time};
if (${last}[${id}] === -Infinity) ${code.constant(this)}.enter(${id}, ${time});
if (${time} > ${last}[${id}]) ${last}[${id}] = ${time};`;
  }

  /** The same for code that is not generated. */
  touch(id: number, timeMs: number): void {
    const last = this.table.f64(this.column);
    if (last[id] === -Infinity) this.enter(id, timeMs);
    if (timeMs > (last[id] ?? 0)) last[id] = timeMs;
  }

  /** A row that nothing dates, as one that a timer made: it counts from the end of this batch on. */
  addUndated(id: number): void {
    this.undated.add(id);
  }

  lastMs(id: number): number {
    return this.table.f64(this.column)[id] ?? -Infinity;
  }

  /** Called for a new row. An entry that stands in an earlier bucket, of a key that had this id before, will do. */
  enter(id: number, timeMs: number): void {
    const bucket = this.bucketFor(timeMs);
    const { capacity } = this.table.keys;
    if (this.bucketOf.length < capacity) {
      this.bucketOf = grown(this.bucketOf, new Float64Array(capacity).fill(Infinity, this.bucketOf.length));
    }
    if ((this.bucketOf[id] ?? Infinity) <= bucket) return;
    this.bucketOf[id] = bucket;
    const held = this.buckets.get(bucket);
    if (held !== undefined) held.push(id);
    else {
      const made = new IdList();
      made.push(id);
      this.buckets.set(bucket, made);
    }
  }

  endBatch(batch: BatchEnd): void {
    for (const id of this.due(batch)) this.table.remove(id);
  }

  /** The rows whose time is over, in no order. Whoever asks removes them. */
  due({ context }: BatchEnd): readonly number[] {
    this.nowMs = this.watermark === undefined ? context.batchTimeMs : this.watermark.ms;
    if (this.nowMs === -Infinity) return [];
    this.dateUndated();
    const due: number[] = [];
    const last = this.bucketFor(this.nowMs - this.afterMs);
    // All first: a row whose time is over within this step goes back into the last bucket, for the next batch.
    const over = [...this.buckets].filter(([bucket]) => bucket <= last);
    for (const [bucket] of over) this.buckets.delete(bucket);
    for (const [bucket, ids] of over) {
      for (let i = 0; i < ids.length; i += 1) this.examine(ids.ids[i] ?? 0, bucket, due);
    }
    this.expired += due.length;
    return due;
  }

  takeCounts(): Readonly<Record<string, number>> {
    const { expired } = this;
    this.expired = 0;
    return expired === 0 ? {} : { expired };
  }

  /** Call once the state is restored. */
  afterRestore(): void {
    this.undated.take();
    for (const id of this.table.ids()) {
      const lastMs = this.lastMs(id);
      if (lastMs === -Infinity) this.undated.add(id);
      else this.enter(id, lastMs);
    }
  }

  private examine(id: number, bucket: number, due: number[]): void {
    if (this.bucketOf[id] !== bucket) return;
    this.bucketOf[id] = Infinity;
    const lastMs = this.lastMs(id);
    if (!this.table.isHeld(id) || lastMs === -Infinity) return;
    if (lastMs + this.afterMs <= this.nowMs) due.push(id);
    else this.enter(id, lastMs);
  }

  private dateUndated(): void {
    for (const id of this.undated.take()) {
      if (!this.table.isHeld(id) || this.lastMs(id) !== -Infinity) continue;
      this.touch(id, this.nowMs);
      this.table.change(id);
    }
  }

  /** Never later than it must be looked at; times far away share a bucket, so that there are not too many. */
  private bucketFor(timeMs: number): number {
    const bucket = Math.floor(timeMs / this.stepMs);
    if (this.nowMs === -Infinity) return bucket;
    const now = Math.floor(this.nowMs / this.stepMs);
    return Math.min(Math.max(bucket, now - 2 * STEPS), now + 2 * STEPS);
  }
}

/** How many keys an operator may have. */
export function rowsMaxOf({ options: { keysMax, rowsInMemory } }: CheckedNode): number {
  if (typeof keysMax === 'number') return keysMax;
  return rowsInMemory === undefined ? ROWS_MAX : COLD_ROWS_MAX;
}

/** State of an operator with one table, `state`, of these columns, whose rows end as the node's `ttl` says. */
export function stateWithTtl(
  parts: OperatorParts,
  columns: readonly ColumnSpec[],
): { readonly state: OperatorState; readonly table: StateTable; readonly ttl: Ttl | undefined } {
  const { node } = parts;
  const all = [...columns, ...Ttl.columnsOf(node)];
  let ttl: Ttl | undefined = undefined;
  const state = new OperatorState(
    node.uid ?? '',
    (name) => (name === 'state' ? all : Ttl.tableOf(node, name)),
    () => ttl?.afterRestore(),
    rowsMaxOf(node),
  );
  const table = state.table('state');
  ttl = Ttl.of(parts, state);
  return { state, table, ttl };
}
