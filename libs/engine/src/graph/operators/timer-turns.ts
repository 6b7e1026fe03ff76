import type { TimeQueue } from './time-queue.js';

export interface TimerTurn {
  readonly ms: number;
  readonly id: number;
  /** Whether this time, or a later one, had its turn before: the timer was set since, while timers were being called. */
  readonly isAgain: boolean;
}

/** Timers of one time, by key; those before `taken` have had their turn. */
interface Instant {
  readonly ms: number;
  readonly isAgain: boolean;
  readonly ids: readonly number[];
  taken: number;
}

/**
 * Whose turn it is among the due timers of one kind: by time, then by key, also where a timer that is called sets others.
 * The queue knows no order of keys, which can be looked at only while their rows are there; so the timers of one time are
 * taken out of it together and sorted.
 *
 * A timer may set one for an earlier time, or for its own: those come first, and what is left of its time waits below them.
 */
export class TimerTurns {
  /** The earliest is the last. None is empty. */
  private readonly instants: Instant[] = [];
  /** The latest time that had its turn in this batch. */
  private reachedMs = -Infinity;

  /** @param of `isSet`: whether an entry of the queue (still) counts. `byKey`: the order of two rows that are there. */
  constructor(
    private readonly queue: TimeQueue,
    private readonly of: {
      readonly isSet: (ms: number, id: number) => boolean;
      readonly byKey: (one: number, other: number) => number;
    },
  ) {}

  /** The next one up to and including `untilMs`; it may have been deleted since it was due. */
  take(untilMs: number): TimerTurn | undefined {
    while (this.queue.isDue(Math.min(this.instants.at(-1)?.ms ?? Infinity, untilMs))) this.open(this.queue.firstMs);
    const instant = this.instants.at(-1);
    if (instant === undefined) return undefined;
    const { ms, isAgain, ids } = instant;
    const id = ids[instant.taken++] ?? 0;
    if (instant.taken === ids.length) this.instants.pop();
    return { ms, id, isAgain };
  }

  endBatch(): void {
    this.reachedMs = -Infinity;
  }

  /** Puts the timers of the queue's first time in front. */
  private open(ms: number): void {
    const { byKey, isSet } = this.of;
    const ids: number[] = [];
    for (let id = this.queue.take(ms); id !== undefined; id = this.queue.take(ms)) if (isSet(ms, id)) ids.push(id);
    if (ids.length === 0) return;
    ids.sort(byKey);
    const isAgain = ms <= this.reachedMs;
    this.reachedMs = Math.max(this.reachedMs, ms);
    const below = this.instants.at(-1);
    if (below?.ms === ms && byKey(ids.at(-1) ?? 0, below.ids[below.taken] ?? 0) >= 0) {
      this.instants.pop();
      this.instants.push({ ms, isAgain, ids: [...below.ids.slice(below.taken), ...ids].sort(byKey), taken: 0 });
    } else this.instants.push({ ms, isAgain, ids, taken: 0 });
  }
}
