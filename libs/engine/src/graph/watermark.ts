import { OWN_KEY, type OperatorState } from '../state/operator-state.js';

/** What takes timestamps: how far the time of one stream has come. */
export interface EventClock {
  /** No row before this time, in milliseconds, is expected any more. */
  readonly ms: number;
  /** Without rows for so long that nothing waits for it any more. Asked once all rows of a batch are read. */
  isIdle(batchTimeMs: number): boolean;
}

export const WATERMARK_TABLE = 'watermark';
export const WATERMARK_COLUMNS = [{ name: 'ms', type: 'f64', initial: -Infinity }] as const;

/**
 * How far event time has come for one operator: the least of the streams that lead to it, without those that are idle. It
 * moves once in a batch, when all rows are read, and never back; so what is late does not depend on the order within a
 * batch. Kept in the operator's own table `watermark`, because what it was once told to be idle cannot be found out again.
 */
export class Watermark {
  /** What is over before this time is late: the watermark as the batch began. */
  beforeMs = -Infinity;
  /** Once all rows of the batch have been read. */
  ms = -Infinity;
  private state: OperatorState | undefined;

  constructor(private readonly clocks: readonly EventClock[]) {}

  /** @param state has a table `watermark`. */
  keepIn(state: OperatorState): void {
    this.state = state;
  }

  /** Call after all rows of a batch are read, before operators end the batch. */
  advance(batchTimeMs: number): void {
    const busy = this.clocks.filter((clock) => !clock.isIdle(batchTimeMs));
    const ms = busy.length === 0 ? -Infinity : Math.min(...busy.map((clock) => clock.ms));
    if (!(ms > this.ms)) return;
    this.ms = ms;
    const table = this.state?.table(WATERMARK_TABLE);
    if (table === undefined) return;
    const id = table.idOf(OWN_KEY);
    table.f64(0)[id] = ms;
    table.change(id);
  }

  /** Call after all operators have ended the batch. */
  settle(): void {
    this.beforeMs = this.ms;
  }

  /** Goes on where the restored state stands. */
  afterRestore(): void {
    const table = this.state?.table(WATERMARK_TABLE);
    const id = table?.find(OWN_KEY) ?? -1;
    if (id >= 0) this.ms = table?.f64(0)[id] ?? -Infinity;
    this.beforeMs = this.ms;
  }
}
