import { idOfKey } from '../../fuse/keyed-code.js';
import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, keyOf, rowOf, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import { keyOfField } from '../../fuse/stateless-code.js';
import { EndBuckets } from '../../state/end-buckets.js';
import { OperatorState } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import { asKey, type BatchEnd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { WATERMARK_COLUMNS, WATERMARK_TABLE } from '../watermark.js';
import { watermarkOf } from './join-sides.js';
import { roleOf } from './role-of.js';

export const dedupe = (parts: OperatorParts): Operator => new Dedupe(parts);

const COLUMNS = [{ name: 'ms', type: 'f64', initial: -Infinity }] as const;
const BUCKETS_PER_STAY = 16;

/**
 * Lets the first row of each kind pass. State: table `seen`, for each kind the time of the row that passed last; in event
 * time also the watermark.
 *
 * A row is a duplicate if its kind is held and its time is at most `within` after that of the row that passed. A kind is
 * held until the watermark (in processing time: the batch's time) is past that. In event time a row behind the watermark
 * is late: what it repeats may be forgotten.
 */
class Dedupe implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  /** Written by generated code. */
  duplicates = 0;
  /** Written by generated code. */
  late = 0;
  private readonly table: StateTable;
  private readonly withinMs: number;
  private readonly isEventTime: boolean;
  private readonly ends: EndBuckets;
  private readonly pushed: GeneratedFunction<Emit>;

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    const { withinMs, time } = node.options as { readonly withinMs: number; readonly time: string };
    this.withinMs = withinMs;
    this.isEventTime = time === 'event';
    this.ends = new EndBuckets(Math.max(1, Math.ceil(withinMs / BUCKETS_PER_STAY)), false);
    const columns = (name: string) =>
      name === 'seen' ? COLUMNS : name === WATERMARK_TABLE ? WATERMARK_COLUMNS : undefined;
    this.state = new OperatorState(node.uid ?? '', columns, () => {
      this.afterRestore();
    });
    this.table = this.state.table('seen');
    if (this.isEventTime) watermarkOf(parts).keepIn(this.state);
    this.inline = (row) => this.code(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(parts.isKeyed(0))));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  /** Holds a row's kind. Called by generated code. */
  hold(id: number, timeMs: number): void {
    this.table.f64(0)[id] = timeMs;
    this.table.change(id);
    this.ends.add(id, timeMs + this.withinMs);
  }

  endBatch({ context }: BatchEnd): void {
    const nowMs = this.isEventTime ? watermarkOf(this.parts).ms : context.batchTimeMs;
    const times = this.table.f64(0);
    for (const id of this.ends.takeBefore(nowMs)) {
      // The id may be another kind's by now, or its kind may have passed again.
      if (this.table.isHeld(id) && (times[id] ?? 0) + this.withinMs < nowMs) this.table.remove(id);
    }
  }

  takeCounts(): Readonly<Record<string, number>> {
    const { duplicates, late } = this;
    this.duplicates = 0;
    this.late = 0;
    return { ...(duplicates === 0 ? {} : { duplicates }), ...(late === 0 ? {} : { late }) };
  }

  private afterRestore(): void {
    this.ends.clear();
    for (const id of this.table.ids()) this.ends.add(id, (this.table.f64(0)[id] ?? 0) + this.withinMs);
  }

  private code(row: RowCode): string {
    const { code, node, where, emitCode } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const [id, time] = [code.local('id'), code.local('time')];
    const { declare, key } = this.kindCode(row);
    const judged = `${declare}
${idOfKey(table, { ...row, key }, id)}
if (${time} > ${table}.columns[0][${id}] + ${this.withinMs}) {
${self}.hold(${id}, ${time});
${emitCode(row)}
} else {
${self}.duplicates += 1;
${emitCode(row, 'duplicates')}
}`;
    const begin = `${place}.operator = ${here};
const ${time} = ${this.isEventTime ? row.time : `(${row.context}.windowEndMs ?? ${row.context}.batchTimeMs)`};`;
    if (!this.isEventTime) return `${begin}\n${judged}`;
    return `${begin}
if (${time} < ${code.constant(watermarkOf(this.parts))}.beforeMs) {
${self}.late += 1;
${emitCode(row, 'late')}
} else {
${judged}
}`;
  }

  private kindCode(row: RowCode): ReturnType<typeof keyOfField> {
    const { code, node } = this.parts;
    const field = node.options['field'];
    const record = code.local('record');
    if (typeof field === 'string') {
      if (row.key === undefined) return keyOfField({ code }, row, field);
      const pair: RowCode = { ...row, value: { kind: 'local', code: record } };
      const { declare, key } = keyOfField({ code }, pair, field);
      return { declare: `const ${record} = [${keyOf(row)}, ${valueOf(row)}];\n${declare}`, key };
    }
    const key = code.local('kind');
    const by = code.constant(roleOf(node.functions, 'by'));
    return {
      declare: `const ${key} = ${code.constant(asKey)}(${by}(${rowOf(row)}, ${row.context}));`,
      key: { kind: 'local', code: key },
    };
  }
}
