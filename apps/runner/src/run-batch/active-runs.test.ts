import type { Orders, RunId } from '@tidemark/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aRun } from '../testing/a-run.js';
import { ActiveRuns } from './active-runs.js';

const RUNNING: Orders = { desired: 'running', revision: 1 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that the test ends. */
function someWork() {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  return {
    work: () => promise,
    end: () => {
      resolve(undefined);
    },
    fail: reject,
  };
}

describe('an order for a run', () => {
  it.each([
    ['is nothing new while all is as it was', RUNNING, { draining: undefined, abandoned: undefined }],
    ['drains it when a stop is wanted', { ...RUNNING, desired: 'stopped' }, { draining: 'stop', abandoned: undefined }],
    ['drains it for a newer revision', { ...RUNNING, revision: 2 }, { draining: 'redeploy', abandoned: undefined }],
    ['drains it when the job is to begin elsewhere', { ...RUNNING, startsElsewhere: true }, { draining: 'redeploy' }],
    ['does not end it for a savepoint', { ...RUNNING, savepoint: 1 }, { draining: undefined, abandoned: undefined }],
    ['ends it when a cancel is wanted', { ...RUNNING, desired: 'cancelled' }, { abandoned: 'cancelled' }],
  ] as const)('%s', (_, order, expected) => {
    const run = aRun();

    run.obey(order);

    expect(run).toMatchObject(expected);
  });

  it('does not change why it drains', () => {
    const run = aRun();
    run.drain('redeploy');

    run.obey({ ...RUNNING, desired: 'stopped' });

    expect(run.draining).toBe('redeploy');
  });
});

describe('a run that waits for its next batch', () => {
  it('is woken by an order for a savepoint', async () => {
    const run = aRun();
    const woken = run.pause(60_000);
    run.obey({ ...RUNNING, savepoint: 1 });
    await woken;
    expect([run.savepointWanted, run.draining]).toEqual([1, undefined]);
  });

  it.each(['drain', 'abandon'] as const)('is woken by an order to %s', async (order) => {
    const run = aRun();
    const woken = run.pause(60_000);
    if (order === 'drain') run.drain('stop');
    else run.abandon('fenced');

    await woken;

    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not wait once it was told', async () => {
    const run = aRun();
    run.drain('stop');

    await run.pause(60_000);

    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a run that is abandoned', () => {
  it('has its sandbox killed before anything else can happen, also one that is opened later', () => {
    const run = aRun();
    const kill = vi.fn();
    run.abandon('lease_lost');

    run.whenAbandoned(kill);

    expect(kill).toHaveBeenCalledOnce();
  });
});

describe('the runs of a process', () => {
  it('say which of the runs that it is said to have they do not know', async () => {
    const active = new ActiveRuns();
    const { work, end } = someWork();
    const during = active.during(aRun('run_1'), work);
    const said = new Map<RunId, Orders>([
      ['run_1' as RunId, RUNNING],
      ['run_2' as RunId, RUNNING],
    ]);

    expect(active.obey(said)).toEqual(['run_2']);

    end();
    await during;
    expect(active.obey(said)).toEqual(['run_1', 'run_2']);
  });

  it('forget a run that failed', async () => {
    const active = new ActiveRuns();
    const { work, fail } = someWork();
    const during = active.during(aRun('run_1'), work);
    fail(new Error('it broke'));

    await expect(during).rejects.toThrow('it broke');
    expect(active.obey(new Map([['run_1' as RunId, RUNNING]]))).toEqual(['run_1']);
  });

  it('R25: are all told to drain at the end of the process, and it waits for them', async () => {
    const active = new ActiveRuns();
    const [one, other] = [aRun('run_1'), aRun('run_2')];
    const works = [someWork(), someWork()] as const;
    void active.during(one, works[0].work);
    void active.during(other, works[1].work);

    const drained = active.drainAll('runner_shutdown', 10_000);
    works[0].end();
    works[1].end();

    expect([one.draining, other.draining]).toEqual(['runner_shutdown', 'runner_shutdown']);
    expect(await drained).toBe(true);
  });

  it('R25: are not waited for longer than a process may take to end', async () => {
    const active = new ActiveRuns();
    void active.during(aRun(), someWork().work);

    const drained = active.drainAll('runner_shutdown', 10_000);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(await drained).toBe(false);
  });

  it('take no more once the process ends, and drain one that was being claimed just then', async () => {
    const active = new ActiveRuns();
    await active.drainAll('runner_shutdown', 0);
    const late = aRun();

    void active.during(late, someWork().work);

    expect(active.closed).toBe(true);
    expect(late.draining).toBe('runner_shutdown');
  });
});
