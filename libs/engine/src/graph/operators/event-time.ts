import { memberOf, rowOf, type RowCode, EMIT_PARAMS, emittedRow, type Emit } from '../../fuse/row-code.js';
import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { OperatorState, OWN_KEY } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import { misuse } from '../failure.js';
import type { BatchEnd, Operator, OperatorParts, RowContext } from '../operator.js';
import type { EventClock } from '../watermark.js';

interface EventTimeSettings {
  readonly field?: string;
  readonly outOfOrdernessMs: number;
  readonly idleAfterMs?: number;
  readonly aheadMaxMs?: number;
}

const COLUMNS = [
  { name: 'newestMs', type: 'f64', initial: -Infinity },
  { name: 'lastRowMs', type: 'f64', initial: -Infinity },
] as const;

/** What a Date can hold. Near 2^53 the ends of windows could no longer be told from their starts. */
const TIME_MAX_MS = 8.64e15;

/**
 * Takes each row's timestamp, and holds how far time has come. State: table `state`, one row under the key null with the
 * newest timestamp and the batch time of the last row (or of the first batch, before there was a row).
 */
export class EventTime implements Operator, EventClock {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  /** The newest timestamp of the rows up to and with those of this batch. Written by generated code. */
  newestMs = -Infinity;
  /** Rows of this batch. Written by generated code. */
  rows = 0;
  /** The batch time of the last batch that had a row; of the first batch before there was any. */
  lastRowMs = -Infinity;
  private ahead = 0;
  private readonly settings: EventTimeSettings;
  private readonly table: StateTable;
  private readonly pushed: GeneratedFunction<Emit>;

  constructor(private readonly parts: OperatorParts) {
    this.settings = parts.node.options as unknown as EventTimeSettings;
    this.state = new OperatorState(
      parts.node.uid ?? '',
      (name) => (name === 'state' ? COLUMNS : undefined),
      () => {
        this.afterRestore();
      },
    );
    this.table = this.state.table('state');
    this.inline = (row) => this.code(row);
    this.pushed = parts.code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(parts.isKeyed(0))));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  get ms(): number {
    return this.newestMs - this.settings.outOfOrdernessMs;
  }

  /** Without rows for so long that nothing waits for it any more. */
  isIdle(batchTimeMs: number): boolean {
    const { idleAfterMs } = this.settings;
    if (idleAfterMs === undefined || this.rows > 0 || this.lastRowMs === -Infinity) return false;
    return batchTimeMs - this.lastRowMs >= idleAfterMs;
  }

  /** Whether the timestamp may move the watermark. Called by generated code, for one that would. */
  isAhead(timeMs: number, context: RowContext): boolean {
    const { aheadMaxMs } = this.settings;
    if (aheadMaxMs === undefined || timeMs <= context.batchTimeMs + aheadMaxMs) return false;
    this.ahead += 1;
    return true;
  }

  /** Called by generated code. */
  refuse(timestamp: unknown): never {
    const found = String(timestamp).slice(0, 50);
    throw misuse(`a timestamp must be a number of milliseconds, at most ${TIME_MAX_MS} from 0; this one is ${found}`);
  }

  endBatch({ context }: BatchEnd): void {
    // Its first batch is where the wait for a stream begins that has had no row yet.
    const isFirst = this.settings.idleAfterMs !== undefined && this.lastRowMs === -Infinity;
    if (this.rows === 0 && !isFirst) return;
    this.rows = 0;
    this.lastRowMs = context.batchTimeMs;
    const id = this.table.idOf(OWN_KEY);
    this.table.f64(0)[id] = this.newestMs;
    this.table.f64(1)[id] = this.lastRowMs;
    this.table.change(id);
  }

  takeCounts(): Readonly<Record<string, number>> {
    const { ahead } = this;
    this.ahead = 0;
    return ahead === 0 ? {} : { ahead };
  }

  private afterRestore(): void {
    const id = this.table.find(OWN_KEY);
    if (id < 0) return;
    this.newestMs = this.table.f64(0)[id] ?? -Infinity;
    this.lastRowMs = this.table.f64(1)[id] ?? -Infinity;
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, place, here] = code.constantsOf(this, where, node);
    const time = code.local('time');
    const { field } = this.settings;
    const member = field === undefined ? undefined : memberOf({ ...row, value: row.value }, field);
    const timestamp =
      member === undefined
        ? `${code.constant(node.functions['timestamp'])}(${rowOf(row)}, ${row.context})`
        : member.code;
    const isNumber = member?.type === 'number' ? '' : `typeof ${time} !== 'number' || `;
    // Also what is no number at all fails both comparisons.
    const check = `if (${isNumber}!(${time} >= -${TIME_MAX_MS} && ${time} <= ${TIME_MAX_MS})) ${self}.refuse(${time});`;
    const next: RowCode = { ...row, time };
    return `${place}.operator = ${here};
const ${time} = ${timestamp};
${check}
${self}.rows += 1;
if (${time} > ${self}.newestMs && !${self}.isAhead(${time}, ${row.context})) ${self}.newestMs = ${time};
${this.parts.emitCode(next)}`;
  }
}
