import { TidemarkError, type Deployed, type Job, type JobId } from '@tidemark/domain';
import { orderedJob } from '../control/ordered-job.js';

/** The job after a deployment. Throws the catalogue's error for one that was refused. */
export function deployedJob(jobId: JobId, deployed: Deployed): Job {
  switch (deployed.outcome) {
    case 'upgrade_refused':
      throw new TidemarkError('upgrade_refused', { jobId, objections: deployed.objections });
    case 'plan_outdated':
      throw new TidemarkError('upgrade_plan_outdated', { jobId, outcome: deployed.plan.outcome });
    case 'nothing_to_decide':
      throw new TidemarkError('upgrade_nothing_waits', { jobId });
    case 'refused':
      throw new TidemarkError('job_is_cancelled', { jobId });
    default:
      return orderedJob(jobId, deployed);
  }
}
