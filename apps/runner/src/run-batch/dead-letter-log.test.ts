import type { BatchPlan, Fence, LoggedBatch, PoisonSearch } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { aClaimedRun } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { ActiveRun } from './active-run.js';
import { FencedBatchLog } from './fenced-batch-log.js';

const PLAN: BatchPlan = { timeline: 1, batchId: 3, batchTimeMs: 3, ranges: {} };
const RECORD = { source: 'in', partition: 'p', offset: 7, timeline: 1, code: 'job_code_threw', reason: 'bad' } as const;
const LETTERS_MAX = 10;
const MORE = { isSettled: false };

class LetterStore extends RecordingRunStore {
  waiting = 0;
  ofSetAside: 'done' | 'fenced' = 'done';
  logged: readonly LoggedBatch[] = [];
  readonly searches: PoisonSearch[] = [];

  override setAside(): Promise<'done' | 'fenced'> {
    return Promise.resolve(this.ofSetAside);
  }

  override noteSearch(_: Fence, __: BatchPlan, search: PoisonSearch): Promise<'done'> {
    this.searches.push(search);
    return Promise.resolve('done');
  }

  override readBatches(): Promise<readonly LoggedBatch[]> {
    return Promise.resolve(this.logged);
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

describe('the batch log of a run', () => {
  it('knows whether it is the policy of the job to set records aside', () => {
    expect([aLog('skip').log.setsAside, aLog().log.setsAside]).toEqual([false, true]);
  });

  it('sets aside what is read again under any policy, for it has letters already', async () => {
    const redriven = [{ ...RECORD, bytes: new Uint8Array(1) }];
    const { log, store } = aLog('skip');
    store.waiting = LETTERS_MAX;
    expect(await log.setAside({ ...PLAN, redriven }, [RECORD], MORE)).toEqual({ outcome: 'set_aside' });
  });

  it('abandons the run that finds that it has lost the job', async () => {
    const { log, run, store } = aLog();
    store.ofSetAside = 'fenced';
    expect(await log.setAside(PLAN, [RECORD], MORE)).toEqual({ outcome: 'fenced' });
    expect(run.abandoned).toBe('fenced');
  });

  it('sets aside as many records as the job may have letters, beside those that have one already', async () => {
    const { log, store } = aLog();
    store.waiting = LETTERS_MAX - 2;
    const records = [1, 2, 3].map((offset) => ({ ...RECORD, offset }));
    expect(await log.setAside(PLAN, records.slice(1), MORE)).toEqual({ outcome: 'set_aside' });
    await expect(log.setAside(PLAN, records, MORE)).rejects.toMatchObject({
      code: 'too_many_dead_letters',
      params: { batchId: 3, bound: '10 dead letters of one job that wait, of which there are 8' },
    });
    store.waiting = LETTERS_MAX;
    const redriven = records.map((record) => ({ ...record, bytes: new Uint8Array(1) }));
    expect(await log.setAside({ ...PLAN, redriven }, records, MORE)).toEqual({ outcome: 'set_aside' });
  });

  it('blames no record for the end of a run that was given up', async () => {
    const { log, run, store } = aLog();
    run.abandon('lease_lost');
    expect(await log.setAside(PLAN, [RECORD], MORE)).toEqual({ outcome: 'fenced' });
    expect(await log.noteSearch(PLAN, { tries: 1, why: RECORD })).toEqual({ outcome: 'fenced' });
    expect(store.searches).toEqual([]);
  });

  it('goes on with a search of the same revision only', async () => {
    const { log, run, store } = aLog();
    const why = { code: 'job_over_cpu', reason: 'It hung.' } as const;
    await log.noteSearch(PLAN, { tries: 1, why });
    const revision = run.claimed.revision.number;
    expect(store.searches).toEqual([{ tries: 1, why, revision }]);
    store.logged = [revision, revision + 1].map((of) => ({
      ...{ plan: PLAN, nextOffsets: undefined },
      search: { tries: 1, why, revision: of },
    }));
    expect((await log.after(0)).map(({ search }) => search?.revision)).toEqual([revision, undefined]);
  });

  it('reads nothing again under a policy by which it could not be set aside again', () => {
    expect(aLog('skip').log.isRedriveWanted).toBe(false);
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
