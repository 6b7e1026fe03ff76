import {
  nextStatus,
  RecoveryStores,
  SAVEPOINTS_MAX,
  type Checkpoint,
  type JobId,
  type Page,
  type RecoveryStore,
  type Rollback,
  type Savepoint,
  type TenantId,
} from '@tidemark/domain';
import type { InMemoryJobStores } from './in-memory-job-stores.js';

/** Savepoints and rollbacks of the jobs of a test; what is ordered is noted, and nothing runs. */
export class InMemoryRecoveryStores extends RecoveryStores {
  readonly savepoints: Savepoint[] = [];
  readonly rollbacks: Rollback[] = [];
  /** The checkpoints that forks were made of. */
  readonly forkedOf: string[] = [];
  /** What a fork is refused for, in place of being made. */
  objections: readonly string[] = [];

  constructor(private readonly jobs: InMemoryJobStores) {
    super();
  }

  override forTenant(tenantId: TenantId): RecoveryStore {
    const store = this.jobs.forTenant(tenantId);
    const tenant = this.jobs.tenant(tenantId);
    const ofJob = <T extends { readonly jobId: JobId; readonly tenantId: TenantId }>(items: readonly T[], id: JobId) =>
      items.filter((item) => item.jobId === id && item.tenantId === tenantId);
    const complete = (id: JobId): readonly Checkpoint[] =>
      tenant.checkpoints.filter((checkpoint) => checkpoint.jobId === id && checkpoint.status === 'complete');
    return {
      requestSavepoint: async (jobId, { id, label }, { actor }) => {
        const job = await store.find(jobId);
        if (job === undefined) return { outcome: 'not_found' };
        if (job.status === 'cancelled') return { outcome: 'cancelled' };
        if (ofJob(this.savepoints, jobId).length >= SAVEPOINTS_MAX) return { outcome: 'too_many' };
        const { status, lastBatch } = job;
        const last = complete(jobId).findLast(({ batchId }) => batchId === lastBatch?.batchId);
        if (status === 'stopped' && last === undefined) {
          const lastBatchId = lastBatch?.batchId ?? 0;
          return { outcome: 'no_state', status, lastBatchId, newestBatchId: undefined, areOffsetsSet: false };
        }
        const checkpointId = status === 'stopped' ? last?.id : undefined;
        const savepoint: Savepoint = {
          ...{ id, tenantId, jobId, label, actor, checkpointId, requestedAt: new Date(0), completedAt: undefined },
          status: checkpointId === undefined ? 'requested' : 'complete',
        };
        this.savepoints.push(savepoint);
        return { outcome: 'requested', savepoint };
      },
      findSavepoint: async (jobId, id) => ofJob(this.savepoints, jobId).find((savepoint) => savepoint.id === id),
      listSavepoints: async (jobId, page) => paged(ofJob(this.savepoints, jobId), page),
      releaseSavepoint: async (jobId, id) => {
        const at = this.savepoints.findIndex(
          (one) => one.id === id && one.jobId === jobId && one.tenantId === tenantId,
        );
        return at >= 0 && this.savepoints.splice(at, 1).length === 1;
      },
      orderRollback: async (jobId, order, by) => {
        const at = tenant.jobs.findIndex((job) => job.id === jobId);
        const job = tenant.jobs[at];
        const checkpoint = complete(jobId).find(({ id }) => id === order.checkpointId);
        if (job === undefined) return { outcome: 'not_found' };
        if (by.expectedVersion !== undefined && by.expectedVersion !== job.version)
          return { outcome: 'changed_meanwhile' };
        if (job.status === 'cancelled') return { outcome: 'refused', status: job.status, event: 'restart' };
        if (checkpoint === undefined) return { outcome: 'checkpoint_gone' };
        const { revision, timeline, batchId } = checkpoint;
        const rollback: Rollback = {
          ...{ id: order.id, tenantId, jobId, checkpointId: checkpoint.id, undoes: order.undoes, reason: order.reason },
          from: { revision: job.revision, timeline: job.timeline, batchId: job.lastBatch?.batchId ?? 0 },
          to: { revision, timeline, batchId },
          ...{ status: 'ordered', timeline: undefined, actor: by.actor, orderedAt: new Date(0), decidedAt: undefined },
        };
        this.rollbacks.push(rollback);
        const status = nextStatus(job.status, 'restart') ?? job.status;
        tenant.jobs[at] = { ...job, revision, status, version: job.version + 1 };
        return { outcome: 'ordered', rollback };
      },
      previewRollback: async (jobId, checkpointId) => {
        const job = await store.find(jobId);
        const checkpoint = complete(jobId).find(({ id }) => id === checkpointId);
        if (job === undefined || checkpoint === undefined) return undefined;
        const from = { revision: job.revision, timeline: job.timeline, batchId: job.lastBatch?.batchId ?? 0 };
        const verdict = {
          outcome: 'start',
          from: { kind: 'checkpoint', checkpointId, opens: 'new_timeline' },
          reasonCode: 'ASKED_CHECKPOINT',
        } as const;
        return {
          ...{ checkpoint, from, offsets: job.lastBatch?.offsets ?? {}, again: { batches: 3, records: 21 } },
          start: { trigger: 'rollback', policy: 'ask', candidates: [], verdict },
        };
      },
      findRollback: async (jobId, id) => ofJob(this.rollbacks, jobId).find((rollback) => rollback.id === id),
      listRollbacks: async (jobId, page) => paged(ofJob(this.rollbacks, jobId), page),
      tipOf: async (jobId, timeline) => complete(jobId).findLast((checkpoint) => checkpoint.timeline === timeline),
      newestOf: async (jobId) => complete(jobId).at(-1),
      fork: async (of, { id, name, bundleDigest, config, checkpointId }, by) => {
        if (this.objections.length > 0) return { outcome: 'does_not_fit', objections: this.objections };
        if (!complete(of).some((checkpoint) => checkpoint.id === checkpointId)) return { outcome: 'checkpoint_gone' };
        const created = await store.create({ id, name, bundleDigest, config }, by);
        if (created.outcome === 'name_taken') return created;
        this.forkedOf.push(checkpointId);
        return { outcome: 'forked', job: created.job };
      },
    };
  }
}

function paged<T extends { readonly id: string }>(items: readonly T[], { after, limit }: Page<string>): readonly T[] {
  return items
    .toReversed()
    .filter(({ id }) => after === undefined || id < after)
    .slice(0, limit);
}
