import { IdSet } from '../../state/growing.js';
import type { StateTable } from '../../state/state-table.js';
import { misuse, overBound } from '../failure.js';
import { TimeQueue } from './time-queue.js';
import { TimerTurns } from './timer-turns.js';

export const TIMER_KINDS = ['eventTime', 'processingTime'] as const;
export type TimerKind = (typeof TIMER_KINDS)[number];

/** Table `timers`: for each key its times, oldest first; undefined for none. */
export const TIMER_COLUMNS = TIMER_KINDS.map((name) => ({ name, type: 'json' }) as const);

/** So often in a row, the timers of a key may bring it no further in time. */
const STANDSTILL_MAX = 1_000;

/** A timer that is to be called now. */
export interface DueTimer {
  /** Its row in the table of timers. */
  readonly id: number;
  readonly ms: number;
  readonly kind: TimerKind;
  /** Whether timers of its key go on setting timers for times that it has been at. */
  readonly isEndless: boolean;
}

/**
 * When which key is to be called: at most one timer for each key, kind and time. A key's times lie in its row; queues by
 * time say whose turn it is. An entry of a queue whose time does not stand in the row (any more) does not count, so a
 * timer that is deleted, or set twice, costs nothing but its entry.
 */
export class Timers {
  private readonly queues: { readonly [K in TimerKind]: TimeQueue } = {
    eventTime: new TimeQueue(),
    processingTime: new TimeQueue(),
  };
  private readonly turns: { readonly [K in TimerKind]: TimerTurns };
  /** Of the keys whose timers, in this batch, set timers for times that had been already. */
  private readonly progress = new Map<number, Progress>();
  /** How many timers there are. */
  private readonly live = { eventTime: 0, processingTime: 0 };
  /** Rows that may have no timer left: they go at the end of the batch, so that no id means another key before. */
  private readonly emptied = new IdSet();

  constructor(
    readonly table: StateTable,
    private readonly perKeyMax: number,
  ) {
    table.bound.beginsHollow = true;
    const { queues } = this;
    const turnsOf = (kind: TimerKind): TimerTurns =>
      new TimerTurns(queues[kind], {
        isSet: (ms, id) => table.isHeld(id) && this.timesOf(kind, id).includes(ms),
        byKey: (one, other) => table.keys.compare(one, other),
      });
    this.turns = { eventTime: turnsOf('eventTime'), processingTime: turnsOf('processingTime') };
  }

  set(kind: TimerKind, id: number, ms: number): void {
    if (!Number.isSafeInteger(ms)) {
      throw misuse(`a timer needs a whole number of milliseconds since the Unix epoch; this one has ${String(ms)}`);
    }
    const times = this.timesOf(kind, id);
    if (times.includes(ms)) return;
    if (times.length >= this.perKeyMax) {
      throw overBound(undefined, `timersMax of ${this.perKeyMax} for a key`, this.table.keys.text(id));
    }
    if (this.isEmpty(id)) this.table.bound.fill(this.table, id);
    const later = times.findIndex((time) => time > ms);
    this.keep(kind, id, later < 0 ? [...times, ms] : times.toSpliced(later, 0, ms));
    this.queues[kind].add(ms, id);
    this.live[kind] += 1;
    if (this.queues[kind].length > 2 * this.live[kind] + 1_024) this.tidy(kind);
  }

  /** @returns whether there was one. */
  delete(kind: TimerKind, id: number, ms: number): boolean {
    const times = this.timesOf(kind, id);
    if (!times.includes(ms)) return false;
    const left = times.filter((time) => time !== ms);
    this.keep(kind, id, left);
    this.live[kind] -= 1;
    if (this.isEmpty(id)) {
      this.emptied.add(id);
      this.table.bound.hollow += 1;
    }
    return true;
  }

  /**
   * Takes the timer whose turn it is: of those in event time the earliest, if there is none the earliest in processing
   * time; of several at one time, that of the first key. What was set since the last call takes part in that.
   */
  takeDue(untilMs: { readonly [K in TimerKind]: number }): DueTimer | undefined {
    for (const kind of TIMER_KINDS) {
      const turns = this.turns[kind];
      for (let turn = turns.take(untilMs[kind]); turn !== undefined; turn = turns.take(untilMs[kind])) {
        const { ms, id, isAgain } = turn;
        if (!this.delete(kind, id, ms)) continue;
        return { ms, id, kind, isEndless: isAgain && this.standsStill(kind, id, ms) };
      }
    }
    return undefined;
  }

  endBatch(): void {
    for (const id of this.emptied.take()) {
      if (this.table.isHeld(id) && this.isEmpty(id)) this.table.remove(id);
    }
    this.table.bound.hollow = 0;
    this.progress.clear();
    for (const kind of TIMER_KINDS) this.turns[kind].endBatch();
  }

  /** Call once the state is restored. */
  afterRestore(): void {
    for (const kind of TIMER_KINDS) this.tidy(kind);
  }

  /**
   * Whether the timers of a key were called more often in a row than they may without coming to a later time of their kind.
   * A key that comes to later times gets to an end: no timer is due after the watermark, or after the batch's time.
   */
  private standsStill(kind: TimerKind, id: number, ms: number): boolean {
    const known = this.progress.get(id);
    if (known === undefined) {
      this.progress.set(id, { eventTime: -Infinity, processingTime: -Infinity, [kind]: ms, standstill: 0 });
      return false;
    }
    if (ms <= known[kind]) {
      known.standstill += 1;
      return known.standstill > STANDSTILL_MAX;
    }
    known[kind] = ms;
    known.standstill = 0;
    return false;
  }

  /** Makes a queue anew from the rows. */
  private tidy(kind: TimerKind): void {
    const queue = this.queues[kind];
    queue.length = 0;
    this.live[kind] = 0;
    for (const id of this.table.ids()) {
      for (const ms of this.timesOf(kind, id)) {
        queue.add(ms, id);
        this.live[kind] += 1;
      }
    }
  }

  private isEmpty(id: number): boolean {
    return TIMER_KINDS.every((kind) => this.timesOf(kind, id).length === 0);
  }

  private timesOf(kind: TimerKind, id: number): readonly number[] {
    return (this.table.json(TIMER_KINDS.indexOf(kind))[id] as readonly number[] | undefined) ?? [];
  }

  private keep(kind: TimerKind, id: number, times: readonly number[]): void {
    this.table.json(TIMER_KINDS.indexOf(kind))[id] = times.length === 0 ? undefined : times;
    this.table.change(id);
  }
}

/** How far a key has come with timers for times that had been already. */
type Progress = { [K in TimerKind]: number } & { standstill: number };
