import { Injectable } from '@nestjs/common';
import {
  IdSource,
  JobStores,
  TidemarkError,
  type Bundle,
  type Job,
  type RequestId,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { configFor } from './job-config.js';
import type { BundleReference, BundleUpload, JobRequest } from './submit.requests.js';
import { existingBundle, UploadBundle } from './upload-bundle.js';

/** Step 1 of a job's life. When this resolves the job is durable; the row itself is what the scheduler finds. */
@Injectable()
export class SubmitJob {
  constructor(
    private readonly stores: JobStores,
    private readonly upload: UploadBundle,
    private readonly ids: IdSource,
  ) {}

  async run(
    tenantId: TenantId,
    request: JobRequest,
    by: { readonly actor: string; readonly trace: TraceParent; readonly requestId: RequestId | undefined },
  ): Promise<Job> {
    const bundle = await this.bundleOf(tenantId, request.bundle);
    const name = request.name ?? bundle.manifest.name;
    const config = configFor(bundle.manifest, request.config, undefined);
    const created = await this.stores
      .forTenant(tenantId)
      .create({ id: this.ids.next('job'), name, bundleDigest: bundle.digest, config }, by);
    if (created.outcome === 'name_taken') throw new TidemarkError('job_name_taken', { name, jobId: created.jobId });
    return created.job;
  }

  /** The bundle that a request names or brings along. */
  async bundleOf(tenantId: TenantId, named: BundleReference | BundleUpload): Promise<Bundle> {
    return 'digest' in named
      ? existingBundle(this.stores, tenantId, named.digest)
      : this.upload.run(tenantId, { code: named.code, sourceMap: named.sourceMap });
  }
}
