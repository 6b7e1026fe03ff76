import { InMemoryObjectStore } from '@tidemark/checkpoint';
import {
  TidemarkError,
  type ClaimedRun,
  type RunEnd,
  type RunMessage,
  type RunnerId,
  type RunStore,
} from '@tidemark/domain';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobOpener, KillableGraph, OpenedJob } from '../restore/job-opener.js';
import { SystemClock } from '../system-clock.js';
import { SystemTimers } from '../system-timers.js';
import { aCheckpoint, aClaimedRun, aDecisionFor, CountedIds } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { ActiveRuns } from './active-runs.js';
import { RunJob } from './run-job.js';

const ME = 'rnr_1' as RunnerId;

const unused = (): Promise<never> => Promise.reject(new Error('the graph was used'));
const noGraph: KillableGraph = {
  restore: unused,
  convert: unused,
  run: unused,
  snapshot: unused,
  kill: () => undefined,
};

/** Gives out one run, and notes how runs end. */
class OneRun extends RecordingRunStore {
  readonly ends: RunEnd[] = [];
  readonly rejected: string[] = [];
  claimed: ClaimedRun = { ...aClaimedRun(), progress: { epoch: 1, timeline: 1, batchId: 7 } };

  override async claim(): Promise<ClaimedRun | undefined> {
    return this.claimed;
  }

  override rejectCheckpoint(_?: unknown, __?: unknown, reason = ''): ReturnType<RunStore['rejectCheckpoint']> {
    this.rejected.push(reason);
    return Promise.resolve({ outcome: 'fenced' });
  }

  override async end(_?: unknown, end?: RunEnd): Promise<'done'> {
    if (end !== undefined) this.ends.push(end);
    return 'done';
  }
}

let store: OneRun;
let objects: InMemoryObjectStore;
let opened: number;
let open: () => Promise<OpenedJob>;
let runJob: RunJob;

beforeEach(() => {
  Logger.overrideLogger(false);
  store = new OneRun();
  objects = new InMemoryObjectStore();
  opened = 0;
  open = () => Promise.reject(new Error('the job was opened'));
  const opener: JobOpener = {
    open: () => {
      opened += 1;
      return open();
    },
  };
  runJob = new RunJob(
    store,
    new ActiveRuns(),
    objects,
    opener,
    new SystemClock(),
    new SystemTimers(),
    new CountedIds(),
    { deadLettersMax: 0 },
  );
});

async function run(): Promise<void> {
  const { tenantId, jobId, runId } = aClaimedRun().fence;
  await runJob.run({ tenantId, jobId, runId } satisfies RunMessage, ME);
}

describe('R12: a run that begins where its job was further once', () => {
  it('tells of the checkpoint that says so, and opens nothing of the job', async () => {
    await objects.put('tnt_1/job_1/t1/b9-e1-x/manifest.json', new Uint8Array());
    store.onProgress = () => Promise.resolve(true);

    await run();

    expect(store.told).toEqual([{ epoch: 1, timeline: 1, batchId: 9 }]);
    expect([opened, store.ends]).toEqual([0, []]);
  });

  it('goes on where the database knows better by then, or knew all along', async () => {
    await objects.put('tnt_1/job_1/t1/b7-e1-x/manifest.json', new Uint8Array());
    await run();
    expect([opened, store.told]).toEqual([1, []]);

    await objects.put('tnt_1/job_1/t1/b8-e1-x/manifest.json', new Uint8Array());
    await run();
    expect(store.told).toEqual([{ epoch: 1, timeline: 1, batchId: 8 }]);
    expect(opened).toBe(2);
  });
});

describe('a run whose checkpoint is read while it is opened', () => {
  it('takes what was read, and reads nothing itself', async () => {
    const checkpoint = aCheckpoint(7);
    store.claimed = { ...store.claimed, checkpoint, decision: aDecisionFor(checkpoint) };
    let closed = 0;
    open = () =>
      Promise.resolve({
        ...{ graph: noGraph, sources: [], sinks: [] },
        takeCheckpoint: () =>
          Promise.reject(new TidemarkError('checkpoint_unreadable', { path: 'as-read-ahead', reason: 'damaged' })),
        close: async () => void (closed += 1),
      });

    await run();

    expect(store.rejected).toEqual([expect.stringContaining('as-read-ahead')]);
    expect([closed, store.ends]).toEqual([1, []]);
  });
});
