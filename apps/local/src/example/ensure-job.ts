import { createHash } from 'node:crypto';
import type { JobBundle } from '@tidemark/bundler';
import type { Job, Tidemark } from '@tidemark/sdk';

export interface JobOffer {
  readonly name: string;
  readonly bundle: JobBundle;
  /** Called before a job is submitted that has no predecessor. */
  readonly onNew: () => Promise<void>;
}

export type Ensured = { readonly job: Job; readonly how: 'submitted' | 'deployed' | 'goes_on' };

/**
 * Has the job run: submits it, or lets the one of this name go on where it was, with its newest code. A job that waits for a
 * decision keeps waiting.
 */
export async function ensureJob(tidemark: Tidemark, { name, bundle, onNew }: JobOffer): Promise<Ensured> {
  const found = await findByName(tidemark, name);
  if (found === undefined || found.status === 'cancelled') {
    if (found !== undefined) await tidemark.jobs.delete(found.id);
    await onNew();
    return { job: await tidemark.jobs.submit({ name, bundle }), how: 'submitted' };
  }
  const newest = (await tidemark.jobs.revisions(found.id, { limit: 1 })).items[0];
  const isNew = newest?.bundleDigest !== createHash('sha256').update(bundle.code).digest('hex');
  const job = isNew ? await tidemark.jobs.deploy(found.id, { bundle }) : found;
  const idle = job.desired !== 'running' || job.status === 'failed' || job.status === 'finished';
  return { job: idle ? await tidemark.jobs.start(job.id) : job, how: isNew ? 'deployed' : 'goes_on' };
}

export async function findByName(tidemark: Tidemark, name: string): Promise<Job | undefined> {
  for await (const job of tidemark.jobs.list({ limit: 100 })) if (job.name === name) return job;
  return undefined;
}
