import type { SchedulerLoop } from './scheduler.loop.js';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CountJobs } from './count-jobs.js';
import { ScriptedSchedulingStore } from './testing/scripted-scheduling-store.js';

let recorded: RecordedMetrics;
let store: ScriptedSchedulingStore;
let loop: { isLeading: boolean };
let counting: CountJobs;

beforeEach(() => {
  recorded = RecordedMetrics.start();
  store = new ScriptedSchedulingStore();
  store.jobs = new Map([
    ['scheduled', 2],
    ['backing_off', 1],
  ]);
  loop = { isLeading: true };
  counting = new CountJobs(store, loop as SchedulerLoop);
  counting.onApplicationBootstrap();
});
afterEach(async () => {
  counting.onModuleDestroy();
  await recorded.stop();
});

async function counted(): Promise<{ readonly [status: string]: number }> {
  const series = await recorded.of(METRICS.jobs);
  return Object.fromEntries(series.map(({ attributes, value }) => [attributes['tidemark.job.status'], value]));
}

describe('the number of jobs', () => {
  it('is told by status, also where there is none', async () => {
    expect(await counted()).toMatchObject({ scheduled: 2, backing_off: 1, running: 0 });

    store.jobs = new Map([['running', 3]]);
    expect(await counted()).toMatchObject({ scheduled: 0, backing_off: 0, running: 3 });
  });

  it('is 0 once another scheduler leads, so that no job is counted twice', async () => {
    await counted();
    loop.isLeading = false;

    expect(new Set(Object.values(await counted()))).toEqual(new Set([0]));
  });
});
