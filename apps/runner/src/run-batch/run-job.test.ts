import { InMemoryObjectStore } from '@tidemark/checkpoint';
import type { ClaimedRun, RunEnd, RunMessage, RunnerId } from '@tidemark/domain';
import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobOpener } from '../restore/job-opener.js';
import { SystemClock } from '../system-clock.js';
import { SystemTimers } from '../system-timers.js';
import { aClaimedRun, CountedIds } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { ActiveRuns } from './active-runs.js';
import { RunJob } from './run-job.js';

const ME = 'rnr_1' as RunnerId;

/** Gives out one run, and notes how runs end. */
class OneRun extends RecordingRunStore {
  readonly ends: RunEnd[] = [];

  override async claim(): Promise<ClaimedRun | undefined> {
    return { ...aClaimedRun(), progress: { epoch: 1, timeline: 1, batchId: 7 } };
  }

  override async end(_?: unknown, end?: RunEnd): Promise<'done'> {
    if (end !== undefined) this.ends.push(end);
    return 'done';
  }
}

let store: OneRun;
let objects: InMemoryObjectStore;
let opened: number;
let runJob: RunJob;

beforeEach(() => {
  Logger.overrideLogger(false);
  store = new OneRun();
  objects = new InMemoryObjectStore();
  opened = 0;
  const opener: JobOpener = {
    open: () => {
      opened += 1;
      return Promise.reject(new Error('the job was opened'));
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
