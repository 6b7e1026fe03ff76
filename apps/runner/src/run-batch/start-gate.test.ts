import { describe, expect, it } from 'vitest';
import { Timers } from '@tidemark/domain';
import { StartGate, type Leave } from './start-gate.js';

const AT_ONCE = 4;
const HELD_MS = 2_000;

/** Time that passes when it is told to. */
class SteppedTimers extends Timers {
  private nowMs = 0;
  private readonly due = new Map<number, { readonly atMs: number; readonly work: () => void }>();
  private made = 0;

  override elapsedMs(): number {
    return this.nowMs;
  }

  override after(ms: number, work: () => void): () => void {
    const id = (this.made += 1);
    this.due.set(id, { atMs: this.nowMs + ms, work });
    return () => this.due.delete(id);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const [id, { atMs, work }] of [...this.due]) {
      if (atMs > this.nowMs || !this.due.delete(id)) continue;
      work();
    }
  }

  get pending(): number {
    return this.due.size;
  }
}

/** Lets `count` runs come; tells who is in, by the order of their coming. */
function arrivals(gate: StartGate, count: number) {
  const inside = new Map<number, Leave>();
  const all = Array.from({ length: count }, async (_, index) => inside.set(index, await gate.enter()));
  return { inside, settle: () => Promise.race([Promise.all(all), new Promise(setImmediate)]) };
}

describe('R18: runs that are to start all at once', () => {
  it('start a few at a time, in the order in which they came', async () => {
    const { inside, settle } = arrivals(new StartGate(new SteppedTimers()), 6);
    await settle();
    expect([...inside.keys()]).toEqual([0, 1, 2, 3]);

    inside.get(2)?.();
    await settle();
    expect([...inside.keys()]).toEqual([0, 1, 2, 3, 4]);
  });

  it('give back one place each, however often they say so', async () => {
    const { inside, settle } = arrivals(new StartGate(new SteppedTimers()), 8);
    await settle();
    for (let times = 0; times < 3; times += 1) inside.get(0)?.();
    await settle();
    expect(inside.size).toBe(AT_ONCE + 1);
  });

  it('wait no longer than a while for one that does not get on', async () => {
    const timers = new SteppedTimers();
    const { inside, settle } = arrivals(new StartGate(timers), 2 * AT_ONCE);
    await settle();
    timers.pass(HELD_MS - 1);
    await settle();
    expect(inside.size).toBe(AT_ONCE);

    timers.pass(1);
    await settle();
    expect(inside.size).toBe(2 * AT_ONCE);
    for (const leave of inside.values()) leave();
    expect(timers.pending).toBe(0);
  });
});
