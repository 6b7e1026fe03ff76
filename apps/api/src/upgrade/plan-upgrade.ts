import { Injectable } from '@nestjs/common';
import {
  IdSource,
  JobStores,
  planUpgrade,
  TidemarkError,
  withTrial,
  type JobId,
  type JobStore,
  type PlanId,
  type TenantId,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { existingJob } from '../inspect/existing-job.js';
import { configFor } from '../submit/job-config.js';
import { SubmitJob } from '../submit/submit-job.js';
import { upgradeOptions } from './upgrade-options.request.js';
import type { UpgradePlanRequest } from '../submit/submit.requests.js';
import { TryConversion, type Depth } from './try-conversion.js';

/** Answers what an upgrade would do, while the job goes on; the answer is kept. */
@Injectable()
export class PlanUpgrade {
  constructor(
    private readonly stores: JobStores,
    private readonly submission: SubmitJob,
    private readonly trial: TryConversion,
    private readonly ids: IdSource,
  ) {}

  async run(tenantId: TenantId, jobId: JobId, request: UpgradePlanRequest, actor: string): Promise<UpgradePlanRecord> {
    const store = this.stores.forTenant(tenantId);
    const { status, desired } = await existingJob(store, jobId);
    if (status === 'cancelled' || desired === 'cancelled') throw new TidemarkError('job_is_cancelled', { jobId });
    const bundle = await this.submission.bundleOf(tenantId, request.bundle);
    const { manifest, digest: bundleDigest } = bundle;
    const facts = await store.upgradeFacts(jobId);
    if (facts === undefined) throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
    const { revision, stored } = facts;
    const before = await store.findRevision(jobId, revision);
    const config = configFor(manifest, request.config, before?.config);
    const options = upgradeOptions(request.upgrade, manifest);
    const planned = planUpgrade(facts, { manifest, config, options });
    const checkpointId = stored?.checkpointId;
    const checkpoint = checkpointId === undefined ? undefined : await store.findCheckpoint(jobId, checkpointId);
    const depth = depthOf(request.deep);
    const trial = { bundle, limits: config.limits, verdicts: planned.operators };
    const plan =
      depth === undefined
        ? planned
        : withTrial(planned, checkpoint && (await this.trial.run({ ...trial, depth, checkpoint })));
    return store.savePlan({
      ...{ id: this.ids.next('plan'), jobId, revision, checkpointId, bundleDigest, config, options, plan, actor },
    });
  }
}

const depthOf = (deep: UpgradePlanRequest['deep']): Depth | undefined =>
  deep === 'all' ? 'all' : deep === true ? 'sample' : undefined;

/** The plan of this id. Throws `thing_not_found`. */
export async function existingPlan(store: JobStore, jobId: JobId, planId: PlanId): Promise<UpgradePlanRecord> {
  const plan = await store.findPlan(jobId, planId);
  if (plan === undefined) throw new TidemarkError('thing_not_found', { thing: 'upgrade plan', id: planId });
  return plan;
}
