import { TidemarkError, type Job, type JobId, type Ordered, type StartModeName } from '@tidemark/domain';

/** The job after an order, with `mode` where that names from what to start. Throws the catalogue's error for an order that was refused. */
export function orderedJob(jobId: JobId, ordered: Ordered, mode?: StartModeName): Job {
  switch (ordered.outcome) {
    case 'ordered':
      return ordered.job;
    case 'refused':
      throw new TidemarkError('job_event_refused', { jobId, status: ordered.status, event: ordered.event });
    case 'in_use':
      throw new TidemarkError('start_mode_refused', { jobId, status: ordered.status, mode: mode ?? 'elsewhere' });
    case 'checkpoint_gone':
      throw new TidemarkError('checkpoint_not_restorable', { checkpointId: ordered.checkpointId, status: 'deleted' });
    case 'pinned': {
      const { checkpointId, owner, reason } = ordered;
      throw new TidemarkError('job_needed', { jobId, checkpointId, owner, reason });
    }
    case 'changed_meanwhile':
      throw new TidemarkError('job_changed_meanwhile', { jobId });
    case 'not_found':
      throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
  }
}
