import { Injectable } from '@nestjs/common';
import {
  isId,
  JobStores,
  TidemarkError,
  type Job,
  type JobId,
  type JobStore,
  type RequestId,
  type TenantId,
  type TraceParent,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { existingJob } from '../inspect/existing-job.js';
import { configFor } from './job-config.js';
import { SubmitJob } from './submit-job.js';
import type { BundleReference, BundleUpload, RevisionRequest } from './submit.requests.js';
import { existingBundle } from './upload-bundle.js';
import { existingPlan } from '../upgrade/plan-upgrade.js';
import { upgradeOptions } from '../upgrade/upgrade-options.request.js';
import { deployedJob } from './deployed-job.js';

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
    const planned = request.plan === undefined ? undefined : await this.planOf(store, id, request);
    const bundle =
      planned === undefined
        ? await this.submission.bundleOf(tenantId, requestedBundle(request))
        : await existingBundle(this.stores, tenantId, planned.bundleDigest);
    for (let attempt = 1; ; attempt += 1) {
      const job = await existingJob(store, id);
      // A version from the client, or the one whose configuration was merged: the scheduler changes jobs too.
      const expectedVersion = by.expectedVersion ?? job.version;
      const { manifest, digest: bundleDigest } = bundle;
      const before = await store.findRevision(id, job.revision);
      const revision =
        planned === undefined
          ? {
              config: configFor(manifest, request.config, before?.config),
              options: upgradeOptions(request.upgrade, manifest),
            }
          : { config: planned.config, options: planned.options, expected: planned };
      const deployed = await store.addRevision(id, { bundleDigest, manifest, ...revision }, { ...by, expectedVersion });
      const again =
        deployed.outcome === 'changed_meanwhile' && by.expectedVersion === undefined && attempt < ATTEMPTS_MAX;
      if (!again) return deployedJob(id, deployed);
    }
  }

  private planOf(
    store: JobStore,
    id: JobId,
    { plan = '', bundle, config, upgrade }: RevisionRequest,
  ): Promise<UpgradePlanRecord> {
    if (bundle !== undefined || config !== undefined || upgrade !== undefined) {
      throw invalid('plan', 'says what is deployed: leave out bundle, config and upgrade');
    }
    if (!isId('plan', plan)) throw new TidemarkError('thing_not_found', { thing: 'upgrade plan', id: plan });
    return existingPlan(store, id, plan);
  }
}

function requestedBundle({ bundle }: RevisionRequest): BundleReference | BundleUpload {
  if (bundle === undefined) throw invalid('bundle', 'is missing: give a bundle, or a plan');
  return bundle;
}

const invalid = (field: string, problem: string): TidemarkError =>
  new TidemarkError('validation_failed', { problems: [{ field, problem }] });
