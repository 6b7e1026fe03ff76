import {
  RecoveryStores,
  type Checkpoint,
  type CheckpointId,
  type Forked,
  type Job,
  type JobId,
  type NewFork,
  type NewRollback,
  type OrderedBy,
  type Page,
  type RecoveryStore,
  type Rollback,
  type RollbackId,
  type RollbackOrdered,
  type RollbackPreview,
  type RollbackRefused,
  type Savepoint,
  type SavepointId,
  type SavepointRequested,
  type TenantId,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { changeJob, lockJob } from '../jobs/change-job.js';
import { toCheckpoint, toJob, toRollback, toSavepoint } from '../mapping.js';
import { newestFirst } from '../newest-first.js';
import { CheckpointRow, JobRow, RollbackRow, SavepointRow } from '../rows/index.js';
import { restorable } from '../scheduling/restore-facts.js';
import { beginsTimelineOf, newestComplete } from '../scheduling/checkpoint-at.js';
import { CheckpointGone, insertFork } from './forks.js';
import { orderRollback, previewRollback } from './rollbacks.js';
import { releaseSavepoint, requestSavepoint } from './savepoints.js';

@Injectable()
export class TypeOrmRecoveryStores extends RecoveryStores {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override forTenant(tenantId: TenantId): RecoveryStore {
    return new TypeOrmRecoveryStore(this.dataSource.manager, tenantId);
  }
}

class TypeOrmRecoveryStore implements RecoveryStore {
  constructor(
    private readonly manager: EntityManager,
    private readonly tenantId: TenantId,
  ) {}

  requestSavepoint(
    id: JobId,
    savepoint: { readonly id: SavepointId; readonly label: string },
    by: OrderedBy,
  ): Promise<SavepointRequested> {
    return this.manager.transaction(async (tx): Promise<SavepointRequested> => {
      const job = await lockJob(tx, this.tenantId, id);
      return job === null ? { outcome: 'not_found' } : requestSavepoint(tx, job, savepoint, by);
    });
  }

  async findSavepoint(jobId: JobId, id: SavepointId): Promise<Savepoint | undefined> {
    const row = await this.manager.findOneBy(SavepointRow, { id, jobId, tenantId: this.tenantId });
    return row === null ? undefined : toSavepoint(row);
  }

  async listSavepoints(jobId: JobId, page: Page<SavepointId>): Promise<readonly Savepoint[]> {
    const { manager, tenantId } = this;
    const query = newestFirst(manager, SavepointRow, { tenantId, jobId }, { ...page, cursor: 'id' });
    return (await query.getMany()).map(toSavepoint);
  }

  releaseSavepoint(id: JobId, savepointId: SavepointId, by: { readonly actor: string }): Promise<boolean> {
    return this.manager.transaction(async (tx) => {
      const job = await lockJob(tx, this.tenantId, id);
      return job !== null && releaseSavepoint(tx, job, savepointId, by);
    });
  }

  async orderRollback(
    id: JobId,
    rollback: NewRollback,
    by: OrderedBy & { readonly expectedVersion?: number | undefined },
  ): Promise<RollbackOrdered> {
    const job = { tenantId: this.tenantId, id };
    const outcome = await changeJob<RollbackRefused>(this.manager, job, by, (tx, row) =>
      orderRollback(tx, row, rollback, by),
    );
    if (outcome !== 'changed') return outcome;
    const ofJob = { jobId: id, tenantId: this.tenantId };
    const made = await this.manager.findOneBy(RollbackRow, [
      { id: rollback.id, ...ofJob },
      ...(by.requestId === undefined ? [] : [{ requestId: by.requestId, ...ofJob }]),
    ]);
    return made === null ? { outcome: 'not_found' } : { outcome: 'ordered', rollback: toRollback(made) };
  }

  previewRollback(id: JobId, checkpointId: CheckpointId): Promise<RollbackPreview | undefined> {
    const { tenantId } = this;
    return this.manager.transaction('REPEATABLE READ', async (tx) => {
      const job = await tx.findOneBy(JobRow, { id, tenantId });
      const checkpoint = await tx.findOneBy(CheckpointRow, { id: checkpointId, jobId: id, tenantId });
      return job === null || checkpoint === null ? undefined : previewRollback(tx, job, checkpoint);
    });
  }

  async findRollback(jobId: JobId, id: RollbackId): Promise<Rollback | undefined> {
    const row = await this.manager.findOneBy(RollbackRow, { id, jobId, tenantId: this.tenantId });
    return row === null ? undefined : toRollback(row);
  }

  async listRollbacks(jobId: JobId, page: Page<RollbackId>): Promise<readonly Rollback[]> {
    const { manager, tenantId } = this;
    const query = newestFirst(manager, RollbackRow, { tenantId, jobId }, { ...page, cursor: 'id' });
    return (await query.getMany()).map(toRollback);
  }

  async tipOf(jobId: JobId, timeline: number): Promise<Checkpoint | undefined> {
    const row = await newestComplete(this.manager, { jobId, tenantId: this.tenantId, timeline });
    return row === null ? undefined : toCheckpoint(row);
  }

  async newestOf(id: JobId): Promise<Checkpoint | undefined> {
    const job = await this.manager.findOneBy(JobRow, { id, tenantId: this.tenantId });
    if (job === null) return undefined;
    // Whoever begins a timeline of their own with it needs none of the batches after it.
    const newest = await this.tipOf(id, job.timeline);
    if (newest !== undefined) return newest;
    const { base } = await restorable(this.manager, job);
    // What the timeline begins with is of before it, and no longer of the job where its offsets were set since.
    return base?.status === 'complete' && base.jobId === id && beginsTimelineOf(job, base) ? base : undefined;
  }

  async fork(of: JobId, fork: NewFork, by: OrderedBy): Promise<Forked> {
    const { tenantId, manager } = this;
    const outcome = await manager
      .transaction(async (tx) => {
        const job = await lockJob(tx, tenantId, of);
        return job === null ? ({ outcome: 'not_found' } as const) : insertFork(tx, job, fork, by);
      })
      .catch((error: unknown) => {
        if (error instanceof CheckpointGone) return { outcome: 'checkpoint_gone' } as const;
        throw error;
      });
    if (typeof outcome === 'object') return outcome;
    const made = outcome === 'inserted' ? { id: fork.id } : { requestId: by.requestId ?? '' };
    const job = await this.jobWith(made);
    if (job !== undefined) return { outcome: 'forked', job };
    const other = await this.jobWith({ name: fork.name });
    if (other === undefined) throw new Error(`The job "${fork.name}" was removed while it was being created.`);
    return { outcome: 'name_taken', jobId: other.id };
  }

  private async jobWith(where: { id: JobId } | { requestId: string } | { name: string }): Promise<Job | undefined> {
    const row = await this.manager.findOneBy(JobRow, { ...where, tenantId: this.tenantId });
    return row === null ? undefined : toJob(row, undefined);
  }
}
