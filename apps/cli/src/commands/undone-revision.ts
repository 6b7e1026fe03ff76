import type { Job, JobEvent } from '@tidemark/sdk';
import type { UndoneRevision } from '../output/show-job.js';
import type { Context } from './context.js';

/** The revision that a job has left by itself, unless a newer one has come since. */
export async function undoneRevision({ service }: Context, job: Job): Promise<UndoneRevision | undefined> {
  const { items } = await service.jobs.events(job.id, { type: 'revision.rolled_back', limit: 1 });
  const undone = items.map(undoneBy).at(-1);
  return undone !== undefined && undone.from > job.revision ? undone : undefined;
}

const undoneBy = ({ at, data }: JobEvent): UndoneRevision => ({
  at,
  from: Number(data['from']),
  to: Number(data['to']),
  reason: String(data['reason']),
});
