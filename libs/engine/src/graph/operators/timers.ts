import { grown, longerThan } from '../../state/growing.js';
import type { StateTable } from '../../state/state-table.js';
import { misuse, overBound } from '../failure.js';

export const TIMER_KINDS = ['eventTime', 'processingTime'] as const;
export type TimerKind = (typeof TIMER_KINDS)[number];

/** Table `timers`: for each key its times, oldest first; undefined for none. */
export const TIMER_COLUMNS = TIMER_KINDS.map((name) => ({ name, type: 'json' }) as const);

export interface DueTimer {
  /** Its row in the table of timers. */
  readonly id: number;
  readonly ms: number;
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
  /** How many timers there are. */
  private readonly live = { eventTime: 0, processingTime: 0 };
  /** Rows that may have no timer left: they go at the end of the batch, so that no id means another key before. */
  private emptied: number[] = [];

  constructor(
    readonly table: StateTable,
    private readonly perKeyMax: number,
  ) {}

  set(kind: TimerKind, id: number, ms: number): void {
    if (!Number.isSafeInteger(ms)) {
      throw misuse(`a timer needs a whole number of milliseconds since the Unix epoch; this one has ${String(ms)}`);
    }
    const times = this.timesOf(kind, id);
    if (times.includes(ms)) return;
    if (times.length >= this.perKeyMax) {
      throw overBound(undefined, `timersMax of ${this.perKeyMax} for a key`, this.table.keys.text(id));
    }
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
    if (left.length === 0) this.emptied.push(id);
    return true;
  }

  /** The timers up to and including `untilMs`, by time and then by key. They are still there. */
  due(kind: TimerKind, untilMs: number): readonly DueTimer[] {
    const due: DueTimer[] = [];
    const { keys } = this.table;
    for (let next = this.queues[kind].take(untilMs); next !== undefined; next = this.queues[kind].take(untilMs)) {
      if (keys.isHeld(next.id) && this.timesOf(kind, next.id).includes(next.ms)) due.push(next);
    }
    return due.sort((a, b) => a.ms - b.ms || keys.compare(a.id, b.id));
  }

  endBatch(): void {
    for (const id of this.emptied) {
      if (this.table.isHeld(id) && TIMER_KINDS.every((kind) => this.timesOf(kind, id).length === 0))
        this.table.remove(id);
    }
    this.emptied = [];
  }

  /** Call once the state is restored. */
  afterRestore(): void {
    for (const kind of TIMER_KINDS) this.tidy(kind);
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

  private timesOf(kind: TimerKind, id: number): readonly number[] {
    return (this.table.json(TIMER_KINDS.indexOf(kind))[id] as readonly number[] | undefined) ?? [];
  }

  private keep(kind: TimerKind, id: number, times: readonly number[]): void {
    this.table.json(TIMER_KINDS.indexOf(kind))[id] = times.length === 0 ? undefined : times;
    this.table.change(id);
  }
}

/** A binary heap of times, each with an id. */
class TimeQueue {
  length = 0;
  private times = new Float64Array(64);
  private ids = new Int32Array(64);

  add(ms: number, id: number): void {
    if (this.length === this.times.length) {
      this.times = grown(this.times, new Float64Array(longerThan(this.length)));
      this.ids = grown(this.ids, new Int32Array(longerThan(this.length)));
    }
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.times[parent] ?? 0) <= ms) break;
      this.move(parent, at);
      at = parent;
    }
    this.put(at, ms, id);
  }

  /** Takes out the earliest, if it is not after `untilMs`. */
  take(untilMs: number): DueTimer | undefined {
    const [ms, id] = [this.times[0] ?? 0, this.ids[0] ?? 0];
    if (this.length === 0 || ms > untilMs) return undefined;
    this.length -= 1;
    this.sink(this.times[this.length] ?? 0, this.ids[this.length] ?? 0);
    return { id, ms };
  }

  private sink(ms: number, id: number): void {
    let at = 0;
    for (let child = 1; child < this.length; child = 2 * at + 1) {
      if (child + 1 < this.length && (this.times[child + 1] ?? 0) < (this.times[child] ?? 0)) child += 1;
      if ((this.times[child] ?? 0) >= ms) break;
      this.move(child, at);
      at = child;
    }
    this.put(at, ms, id);
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from] ?? 0, this.ids[from] ?? 0);
  }

  private put(at: number, ms: number, id: number): void {
    this.times[at] = ms;
    this.ids[at] = id;
  }
}
