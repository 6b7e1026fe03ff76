import { Injectable } from '@nestjs/common';
import { JobStores, type Job, type JobId, type RequestId, type TenantId, type TraceParent } from '@tidemark/domain';
import { orderedJob } from '../control/ordered-job.js';
import { existingJob } from '../inspect/existing-job.js';
import { configFor } from './job-config.js';
import { SubmitJob } from './submit-job.js';
import type { RevisionRequest } from './submit.requests.js';

const ATTEMPTS_MAX = 5;

/** Gives a job its next revision. A running job hands over with a checkpoint; a stopped one stays stopped. */
@Injectable()
export class DeployRevision {
  constructor(
    private readonly stores: JobStores,
    private readonly submission: SubmitJob,
  ) {}

  async run(
    tenantId: TenantId,
    id: JobId,
    request: RevisionRequest,
    by: {
      readonly actor: string;
      readonly trace: TraceParent;
      readonly expectedVersion: number | undefined;
      readonly requestId: RequestId | undefined;
    },
  ): Promise<Job> {
    const store = this.stores.forTenant(tenantId);
    await existingJob(store, id);
    const bundle = await this.submission.bundleOf(tenantId, request.bundle);
    for (let attempt = 1; ; attempt += 1) {
      const job = await existingJob(store, id);
      const before = await store.findRevision(id, job.revision);
      const config = configFor(bundle.manifest, request.config, before?.config);
      // Without a version from the client, the one whose configuration was merged: the scheduler changes jobs too.
      const expectedVersion = by.expectedVersion ?? job.version;
      const ordered = await store.addRevision(id, { bundleDigest: bundle.digest, config }, { ...by, expectedVersion });
      const again =
        ordered.outcome === 'changed_meanwhile' && by.expectedVersion === undefined && attempt < ATTEMPTS_MAX;
      if (!again) return orderedJob(id, ordered);
    }
  }
}
