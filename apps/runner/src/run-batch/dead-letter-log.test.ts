import type { BatchCommit, BatchPlan, NewDeadLetter } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { aClaimedRun } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { ActiveRun } from './active-run.js';
import { FencedBatchLog } from './fenced-batch-log.js';

const PLAN: BatchPlan = { timeline: 1, batchId: 3, batchTimeMs: 3, ranges: {} };
const RECORD = { source: 'in', partition: 'p', offset: 7, timeline: 1, code: 'job_code_threw', reason: 'bad' } as const;
const LETTERS_MAX = 10;

class LetterStore extends RecordingRunStore {
  waiting = 0;
  ofSetAside: 'done' | 'fenced' = 'done';

  override setAside(): Promise<'done' | 'fenced'> {
    return Promise.resolve(this.ofSetAside);
  }

  override deadLettersWaiting(): Promise<number> {
    return Promise.resolve(this.waiting);
  }
}

function aLog(poison: 'skip' | 'dead_letter' = 'dead_letter') {
  const claimed = aClaimedRun();
  const run = new ActiveRun({ ...claimed, redrive: true, manifest: { ...claimed.manifest, poison } });
  const store = new LetterStore();
  return { run, store, log: new FencedBatchLog(store, run, 1, LETTERS_MAX) };
}

const aCommit = (letters: number): BatchCommit => ({
  ...{ timeline: 1, batchId: 3, nextOffsets: {}, recordsIn: 1, recordsOut: 0, recordsSkipped: 0 },
  ...{ processingMs: 1, schedulingDelayMs: 0 },
  deadLetters: Array.from({ length: letters }, (): NewDeadLetter => {
    return { ...RECORD, bytes: new Uint8Array(1), bytesTotal: 1 };
  }),
});

describe('the batch log of a run', () => {
  it('sets records aside only where that is the policy of the job', async () => {
    expect(aLog('skip').log.setAside).toBeUndefined();
    expect(await aLog().log.setAside?.(PLAN, RECORD)).toEqual({ outcome: 'set_aside' });
  });

  it('abandons the run that finds that it has lost the job', async () => {
    const { log, run, store } = aLog();
    store.ofSetAside = 'fenced';
    expect(await log.setAside?.(PLAN, RECORD)).toEqual({ outcome: 'fenced' });
    expect(run.abandoned).toBe('fenced');
  });

  it('commits as many dead letters as the job may have, and no more', async () => {
    const { log, store } = aLog();
    store.waiting = LETTERS_MAX - 2;
    // The store that records answers every write like this.
    expect(await log.commit(aCommit(2))).toEqual({ outcome: 'fenced' });
    await expect(log.commit(aCommit(3))).rejects.toMatchObject({
      code: 'too_many_dead_letters',
      params: { batchId: 3, bound: '10 dead letters of one job that wait, of which there are 8' },
    });
    store.waiting = 2 * LETTERS_MAX;
    expect(await log.commit(aCommit(0))).toEqual({ outcome: 'fenced' });
  });

  it('asks no more for records to be read again once there are none', async () => {
    const { log, run } = aLog();
    expect(log.isRedriveWanted).toBe(true);
    expect(await log.toRedrive(['in'])).toEqual([]);
    expect(log.isRedriveWanted).toBe(false);
    run.obey({ desired: 'running', revision: 1, redrive: true });
    expect(log.isRedriveWanted).toBe(true);
  });
});
