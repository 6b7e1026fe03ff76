import { Injectable } from '@nestjs/common';
import { afterRollbackOf } from '@tidemark/connectors';
import {
  editOffsets,
  IdSource,
  JobStores,
  OWNED_STATUSES,
  RecoveryStores,
  TidemarkError,
  type GraphNode,
  type Job,
  type JobId,
  type JobStatus,
  type RecoveryStore,
  type Rollback,
  type RollbackOrdered,
  type RollbackPreview,
  type SourceOffsets,
  type TenantId,
} from '@tidemark/domain';
import { existingJob, existingRevision } from '../inspect/existing-job.js';
import { showVerdict } from '../inspect/history.answers.js';
import { ShowOffsets } from '../start/show-offsets.js';
import { SourceLooks } from '../start/source-looks.js';
import { sourcesIn } from '../start/sources-of-job.js';
import { WeighOffsets } from '../start/weigh-offsets.js';
import { namedCheckpoint, type StoresOfTenant } from './chosen-checkpoint.js';
import { existingRollback } from './existing-recovery.js';
import type { RollbackPreviewAnswer } from './recover.answers.js';
import type { CheckpointChoice, RollbackRequest } from './recover.requests.js';

type By = Parameters<RecoveryStore['orderRollback']>[2];

/** Takes a job back to one of its checkpoints, with bundle, configuration, state and offsets; and back again. */
@Injectable()
export class RollBack {
  constructor(
    private readonly jobs: JobStores,
    private readonly recovery: RecoveryStores,
    private readonly offsets: ShowOffsets,
    private readonly weigh: WeighOffsets,
    private readonly looks: SourceLooks,
    private readonly ids: IdSource,
  ) {}

  async order(tenantId: TenantId, id: JobId, { reason, ...choice }: RollbackRequest, by: By): Promise<Rollback> {
    const stores = await this.storesOf(tenantId, id);
    const checkpoint = await namedCheckpoint(stores, id, choice);
    const order = { id: this.ids.next('rollback'), checkpointId: checkpoint.id, reason };
    return orderedRollback(id, checkpoint.id, await stores.recovery.orderRollback(id, order, by));
  }

  /** Back to the tip of the timeline that a rollback has left. */
  async undo(
    tenantId: TenantId,
    id: JobId,
    rollbackId: string,
    { reason, ...by }: By & { readonly reason: string | undefined },
  ): Promise<Rollback> {
    const { recovery, job } = await this.storesOf(tenantId, id);
    const left = await existingRollback(recovery, id, rollbackId);
    const { timeline } = left.from;
    // The run writes the tip when it lets go. Until then the newest checkpoint is older than what is committed.
    const isStillThere = job.timeline === timeline && (OWNED_STATUSES as readonly JobStatus[]).includes(job.status);
    if (isStillThere) throw new TidemarkError('rollback_not_begun', { jobId: id, rollbackId, timeline });
    const tip = await recovery.tipOf(id, timeline);
    if (tip === undefined) throw new TidemarkError('rollback_not_undoable', { rollbackId, timeline });
    const order = { id: this.ids.next('rollback'), checkpointId: tip.id, undoes: left.id, reason };
    return orderedRollback(id, tip.id, await recovery.orderRollback(id, order, by));
  }

  async preview(tenantId: TenantId, id: JobId, choice: CheckpointChoice): Promise<RollbackPreviewAnswer> {
    const stores = await this.storesOf(tenantId, id);
    const { id: checkpointId } = await namedCheckpoint(stores, id, choice);
    const preview = await stores.recovery.previewRollback(id, checkpointId);
    if (preview === undefined) throw new TidemarkError('thing_not_found', { thing: 'checkpoint', id: checkpointId });
    const { revision, timeline, batchId } = preview.checkpoint;
    const { nodes } = (await existingRevision(stores.jobs, id, revision)).manifest;
    const shown = await this.offsets.ofCheckpoint(tenantId, id, checkpointId);
    const of = { tenantId, jobId: id, sources: sourcesIn(nodes) };
    const changes = await this.looks.pass(tenantId, () => this.weigh.all(of, changesOf(preview)));
    return {
      checkpointId,
      from: preview.from,
      to: { revision, timeline, batchId },
      start: showVerdict(preview.start),
      batchesTakenBack: preview.again?.batches ?? null,
      recordsAgain: preview.again?.records ?? null,
      changes,
      problems: shown.sources.flatMap(({ source, problem }) => (problem === null ? [] : [{ source, ...problem }])),
      sinks: nodes.filter(({ kind }) => kind === 'sink').map(showSink),
    };
  }

  private async storesOf(tenantId: TenantId, id: JobId): Promise<StoresOfTenant & { readonly job: Job }> {
    const stores = { jobs: this.jobs.forTenant(tenantId), recovery: this.recovery.forTenant(tenantId) };
    return { ...stores, job: await existingJob(stores.jobs, id) };
  }
}

function changesOf({ offsets, checkpoint }: RollbackPreview) {
  const forget = Object.fromEntries(Object.keys(offsets).map((uid) => [uid, 'all'] as const));
  const set: SourceOffsets = checkpoint.offsets;
  return editOffsets({ offsets, identities: {} }, { set, identities: {}, forget }).changes;
}

const showSink = (node: GraphNode) => ({
  sink: node.uid ?? '',
  connector: node.connector ?? '',
  after: afterRollbackOf(node),
});

function orderedRollback(jobId: JobId, checkpointId: string, ordered: RollbackOrdered): Rollback {
  switch (ordered.outcome) {
    case 'ordered':
      return ordered.rollback;
    case 'refused':
      throw new TidemarkError('job_is_cancelled', { jobId });
    case 'checkpoint_gone':
      throw new TidemarkError('checkpoint_not_restorable', { checkpointId, status: 'deleted' });
    case 'not_restorable':
      throw new TidemarkError('checkpoint_not_restorable', { checkpointId, status: ordered.status });
    case 'changed_meanwhile':
      throw new TidemarkError('job_changed_meanwhile', { jobId });
    case 'not_found':
      throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
  }
}
