import { Injectable } from '@nestjs/common';
import {
  IdSource,
  JobStores,
  RecoveryStores,
  TidemarkError,
  type Checkpoint,
  type Job,
  type JobId,
  type OrderedBy,
  type RecoveryStore,
  type TenantId,
} from '@tidemark/domain';
import { existingJob, existingRevision } from '../inspect/existing-job.js';
import { configFor } from '../submit/job-config.js';
import { SubmitJob } from '../submit/submit-job.js';
import { upgradeOptions } from '../upgrade/upgrade-options.request.js';
import { chosenCheckpoint } from './chosen-checkpoint.js';
import type { ForkRequest } from './recover.requests.js';

/** Makes a new job of another one's checkpoint: its state, its offsets, and the same code or another. */
@Injectable()
export class ForkJob {
  constructor(
    private readonly jobs: JobStores,
    private readonly recovery: RecoveryStores,
    private readonly submission: SubmitJob,
    private readonly ids: IdSource,
  ) {}

  async run(tenantId: TenantId, of: JobId, request: ForkRequest, by: OrderedBy): Promise<Job> {
    const stores = { jobs: this.jobs.forTenant(tenantId), recovery: this.recovery.forTenant(tenantId) };
    const job = await existingJob(stores.jobs, of);
    const checkpoint = (await chosenCheckpoint(stores, of, request)) ?? (await newest(stores.recovery, job));
    const { revision } = await existingRevision(stores.jobs, of, checkpoint.revision);
    const { manifest, digest } = await this.submission.bundleOf(
      tenantId,
      request.bundle ?? { digest: revision.bundleDigest },
    );
    const { name } = request;
    const forked = await stores.recovery.fork(
      of,
      {
        ...{ id: this.ids.next('job'), name, bundleDigest: digest, manifest, checkpointId: checkpoint.id },
        ...{
          config: configFor(manifest, request.config, revision.config),
          options: upgradeOptions(request.upgrade, manifest),
        },
      },
      by,
    );
    switch (forked.outcome) {
      case 'forked':
        return forked.job;
      case 'name_taken':
        throw new TidemarkError('job_name_taken', { name, jobId: forked.jobId });
      case 'does_not_fit':
        throw new TidemarkError('fork_refused', { checkpointId: checkpoint.id, objections: forked.objections });
      case 'checkpoint_gone':
        throw new TidemarkError('checkpoint_not_restorable', { checkpointId: checkpoint.id, status: 'deleted' });
      case 'not_found':
        throw new TidemarkError('thing_not_found', { thing: 'job', id: of });
    }
  }
}

async function newest(store: RecoveryStore, { id, timeline }: Job): Promise<Checkpoint> {
  const found = await store.newestOf(id);
  if (found === undefined) throw new TidemarkError('fork_without_checkpoint', { jobId: id, timeline });
  return found;
}
