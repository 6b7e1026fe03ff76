import { TidemarkError, type Job, type JobId, type Ordered } from '@tidemark/domain';

/** The job after an order. Throws the catalogue's error for an order that was refused. */
export function orderedJob(jobId: JobId, ordered: Ordered): Job {
  switch (ordered.outcome) {
    case 'ordered':
      return ordered.job;
    case 'refused':
      throw new TidemarkError('job_event_refused', { jobId, status: ordered.status, event: ordered.event });
    case 'changed_meanwhile':
      throw new TidemarkError('job_changed_meanwhile', { jobId });
    case 'not_found':
      throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
  }
}
