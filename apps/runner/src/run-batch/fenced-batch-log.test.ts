import { beforeEach, describe, expect, it } from 'vitest';
import { aRun } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { FencedBatchLog } from './fenced-batch-log.js';

const plan = { timeline: 1, batchId: 8, batchTimeMs: 4_000, ranges: {} };

let store: RecordingRunStore;

beforeEach(() => {
  store = new RecordingRunStore();
});

/** A run that has committed batch 7, and whose next write is refused. */
async function refused() {
  const run = aRun();
  run.noteCommitted({ timeline: 1, batchId: 7 });
  const result = await new FencedBatchLog(store, run, 1, 0).plan(plan);
  return { run, result };
}

describe('a run whose write is refused', () => {
  it('R12: is over because the database went back, where that knows less than it has answered', async () => {
    store.onProgress = () => Promise.resolve(true);

    const { run, result } = await refused();

    expect(store.told).toEqual([{ epoch: 1, timeline: 1, batchId: 7 }]);
    expect([run.abandoned, result.outcome]).toEqual(['state_regressed', 'fenced']);
  });

  it('is over because another run has the job, where the database knows it all or does not answer', async () => {
    expect((await refused()).run.abandoned).toBe('fenced');

    store.onProgress = () => Promise.reject(new Error('no connection'));
    expect((await refused()).run.abandoned).toBe('fenced');
  });
});
