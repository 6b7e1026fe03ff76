import type { Job } from '@tidemark/sdk';
import type { Instance } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { until } from './until.js';
import { writeVisits } from './visits.js';

const WAIT_MS_MAX = 30_000;

/** The job of jobs/visits.ts at work: it has committed a few batches, and has checkpoints. */
export async function visitsAtWork(instance: Instance): Promise<Job> {
  await writeVisits(instance);
  const bundle = await bundleOf('visits', { constants: { WINDOW: '1 s' } });
  const job = await instance.tidemark.jobs.submit({ bundle, config: { checkpointIntervalMs: 400 } });
  return committed(instance, job, 4);
}

/** Waits until the job has committed this batch. */
export async function committed(instance: Instance, { id }: Pick<Job, 'id'>, batchId: number): Promise<Job> {
  return until(`batch ${batchId} is committed`, WAIT_MS_MAX, async () => {
    const job = await instance.tidemark.jobs.get(id);
    if (job.status === 'failed') throw new Error(`The job has failed: ${job.reason?.message ?? ''}`);
    return (job.lastBatch?.batchId ?? 0) >= batchId ? job : undefined;
  });
}

/** Brings the job to rest. */
export async function stopped(instance: Instance, { id }: Pick<Job, 'id'>): Promise<void> {
  await instance.tidemark.jobs.stop(id);
  await instance.tidemark.jobs.waitFor(id, ({ status }) => status === 'stopped', { timeoutMs: WAIT_MS_MAX });
}

/** Waits for as many more batches. */
export async function goesOn(instance: Instance, job: Pick<Job, 'id'>, more = 4): Promise<Job> {
  const { lastBatch } = await instance.tidemark.jobs.get(job.id);
  return committed(instance, job, (lastBatch?.batchId ?? 0) + more);
}
