import { describe, expect, it } from 'vitest';
import { Turnstile } from './turnstile.js';

const bounds = { what: 'things', atOnce: 2, atOncePerKey: 1, waitingMax: 4, waitingMaxPerKey: 2 };

/** Work that goes on until it is told to end. */
function started() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    log.push(name);
    return new Promise<void>((end) => ends.set(name, end));
  };
  return { log, work, end: (name: string) => ends.get(name)?.() };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('a turnstile', () => {
  it('leaves a place to others, however many one key sends', async () => {
    const { log, work } = started();
    const turnstile = new Turnstile(bounds);
    void turnstile.pass('flood', work('flood 1'));
    void turnstile.pass('flood', work('flood 2'));
    void turnstile.pass('other', work('other 1'));
    await soon();
    expect(log).toEqual(['flood 1', 'other 1']);
  });

  it('lets each key in by the order of its coming, and goes on after a failure', async () => {
    const { log, work, end } = started();
    const turnstile = new Turnstile(bounds);
    void turnstile.pass('a', work('a 1'));
    void turnstile.pass('a', work('a 2'));
    void turnstile.pass('b', work('b 1'));
    void turnstile.pass('c', work('c 1'));
    await soon();
    end('b 1');
    await soon();
    end('a 1');
    await soon();
    expect(log).toEqual(['a 1', 'b 1', 'c 1', 'a 2']);
    end('a 2');
    end('c 1');
    await soon();
    await expect(turnstile.pass('d', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turnstile.pass('d', () => Promise.resolve('in'))).toBe('in');
  });

  it('keeps a place for what came out of the work, and for nothing where that failed', async () => {
    const { log, work } = started();
    const turnstile = new Turnstile(bounds);
    let sent = (): void => undefined;
    const kept = new Promise<void>((resolve) => (sent = resolve));
    const never = new Promise<void>(() => undefined);
    const failed = turnstile.pass('a', () => Promise.reject(new Error('no')), { over: never });
    await expect(failed).rejects.toThrow('no');
    expect(await turnstile.pass('a', () => Promise.resolve('large'), { over: kept })).toBe('large');
    void turnstile.pass('a', work('a 2'));
    await soon();
    expect(log).toEqual([]);
    sent();
    await soon();
    expect(log).toEqual(['a 2']);
  });

  it('lets others in while what came out is kept, up to a bound of its own for all and for each key', async () => {
    const { log, work } = started();
    const turnstile = new Turnstile({ ...bounds, keptMax: 2, keptMaxPerKey: 1 });
    const ends: (() => void)[] = [];
    const slow = () => ({ over: new Promise<void>((end) => ends.push(end)) });
    await turnstile.pass('a', () => Promise.resolve(), slow());
    await turnstile.pass('a', () => Promise.resolve(), slow());
    // Another of the same key has no place left; others have.
    void turnstile.pass('a', work('a 3'));
    await turnstile.pass('b', () => Promise.resolve(), slow());
    await turnstile.pass('c', () => Promise.resolve(), slow());
    void turnstile.pass('d', work('d 1'));
    await soon();
    expect(log).toEqual([]);
    for (const end of ends.splice(0)) end();
    await soon();
    expect(log).toEqual(['a 3', 'd 1']);
  });

  it('begins nothing for whom nobody waits any more', async () => {
    const { log, work, end } = started();
    const turnstile = new Turnstile(bounds);
    void turnstile.pass('a', work('a 1'));
    let goAway = (): void => undefined;
    const over = new Promise<void>((resolve) => (goAway = resolve));
    const gone = turnstile.pass('a', work('a 2'), { over });
    void turnstile.pass('a', work('a 3'));
    goAway();
    await expect(gone).rejects.toMatchObject({ code: 'too_many_at_once' });
    end('a 1');
    await soon();
    expect(log).toEqual(['a 1', 'a 3']);
  });

  it('refuses what would wait too long, by key and in all', async () => {
    const { work } = started();
    const turnstile = new Turnstile(bounds);
    for (const name of ['1', '2', '3']) void turnstile.pass('a', work(name));
    await expect(turnstile.pass('a', work('4'))).rejects.toMatchObject({
      code: 'too_many_at_once',
      params: { max: 2 },
    });
    for (const name of ['1', '2', '3']) void turnstile.pass('b', work(name));
    await expect(turnstile.pass('c', work('1'))).rejects.toMatchObject({
      code: 'too_many_at_once',
      params: { max: 4 },
    });
  });
});
