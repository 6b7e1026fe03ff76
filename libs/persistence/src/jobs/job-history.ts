import type {
  BatchPosition,
  BatchRecord,
  Checkpoint,
  CheckpointId,
  DecisionId,
  JobEventRecord,
  JobId,
  Page,
  PlanId,
  RestoreDecision,
  Revision,
  Run,
  RunId,
  TenantId,
  UpgradePlanRecord,
} from '@tidemark/domain';
import type { EntityManager, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { newestFirst } from '../newest-first.js';
import { readPage } from '../read-page.js';
import { toBatchRecord, toCheckpoint, toDecision, toEvent, toRevision, toRun, toUpgradePlan } from '../mapping.js';
import {
  BatchRow,
  CheckpointRow,
  JobEventRow,
  JobRow,
  RestoreDecisionRow,
  RevisionRow,
  RunRow,
  UpgradePlanRow,
} from '../rows/index.js';

/** What a tenant may read of a job's past. Every query names the tenant. */
export class JobHistory {
  constructor(
    protected readonly manager: EntityManager,
    protected readonly tenantId: TenantId,
  ) {}

  async findRevision(id: JobId, number: number): Promise<Revision | undefined> {
    const row = await this.manager.findOneBy(RevisionRow, { jobId: id, tenantId: this.tenantId, number });
    return row === null ? undefined : toRevision(row);
  }

  async listRevisions(id: JobId, page: Page<number>): Promise<readonly Revision[]> {
    return (await readPage(this.newestFirst(RevisionRow, id, 'number', page))).map(toRevision);
  }

  async findPlan(id: JobId, planId: PlanId): Promise<UpgradePlanRecord | undefined> {
    const row = await this.manager.findOneBy(UpgradePlanRow, { id: planId, jobId: id, tenantId: this.tenantId });
    return row === null ? undefined : toUpgradePlan(row);
  }

  async listPlans(id: JobId, page: Page<PlanId>): Promise<readonly UpgradePlanRecord[]> {
    return (await readPage(this.newestFirst(UpgradePlanRow, id, 'id', page))).map(toUpgradePlan);
  }

  async findRun(id: JobId, runId: RunId): Promise<Run | undefined> {
    const row = await this.manager.findOneBy(RunRow, { id: runId, jobId: id, tenantId: this.tenantId });
    return row === null ? undefined : toRun(row);
  }

  async listRuns(id: JobId, page: Page<RunId>): Promise<readonly Run[]> {
    return (await readPage(this.newestFirst(RunRow, id, 'id', page))).map(toRun);
  }

  async listBatches(id: JobId, page: Page<number> & { readonly timeline?: number }): Promise<readonly BatchRecord[]> {
    const timeline = page.timeline ?? (await this.currentTimeline(id));
    if (timeline === undefined) return [];
    const query = this.newestFirst(BatchRow, id, 'batch_id', page).andWhere('t.timeline = :timeline', { timeline });
    return this.withRuns(id, await readPage(query));
  }

  async newestCommitted(id: JobId): Promise<BatchPosition | undefined> {
    const row = await this.manager.findOne(JobRow, {
      where: { id, tenantId: this.tenantId },
      select: { id: true, lastTimeline: true, lastBatchId: true },
    });
    if (row === null || row.lastBatchId === null || row.lastTimeline === null) return undefined;
    return { timeline: row.lastTimeline, batchId: row.lastBatchId };
  }

  async listCommitted(
    id: JobId,
    { after, limit }: { readonly after: BatchPosition; readonly limit: number },
  ): Promise<readonly BatchRecord[]> {
    // A timeline may have been left with batches that were not looked at yet.
    const next = await this.manager
      .createQueryBuilder(BatchRow, 't')
      .select(['t.timeline', 't.jobId', 't.batchId'])
      .where('t.tenant_id = :tenantId AND t.job_id = :id', { tenantId: this.tenantId, id })
      .andWhere('(t.timeline, t.batch_id) > (:timeline, :batchId) AND t.committed_at IS NOT NULL', after)
      .orderBy('t.timeline', 'ASC')
      .addOrderBy('t.batch_id', 'ASC')
      .limit(1)
      .getOne();
    if (next === null) return [];
    const { timeline } = next;
    const from = timeline === after.timeline ? after.batchId : 0;
    const query = this.manager
      .createQueryBuilder(BatchRow, 't')
      .where('t.tenant_id = :tenantId AND t.job_id = :id AND t.timeline = :timeline', {
        tenantId: this.tenantId,
        id,
        timeline,
      })
      .andWhere('t.batch_id > :from AND t.committed_at IS NOT NULL', { from })
      .orderBy('t.batch_id', 'ASC')
      .limit(limit);
    return this.withRuns(id, await readPage(query));
  }

  async findCheckpoint(id: JobId, checkpointId: CheckpointId): Promise<Checkpoint | undefined> {
    const row = await this.manager.findOneBy(CheckpointRow, { id: checkpointId, jobId: id, tenantId: this.tenantId });
    return row === null ? undefined : toCheckpoint(row);
  }

  async listCheckpoints(id: JobId, page: Page<CheckpointId>): Promise<readonly Checkpoint[]> {
    return (await readPage(this.newestFirst(CheckpointRow, id, 'id', page))).map(toCheckpoint);
  }

  async listDecisions(id: JobId, page: Page<DecisionId>): Promise<readonly RestoreDecision[]> {
    return (await readPage(this.newestFirst(RestoreDecisionRow, id, 'id', page))).map(toDecision);
  }

  async listEvents(
    id: JobId,
    page: { readonly afterSeq?: string; readonly limit: number; readonly type?: string },
  ): Promise<readonly JobEventRecord[]> {
    const query = this.manager
      .createQueryBuilder(JobEventRow, 'e')
      .where('e.tenant_id = :tenantId AND e.job_id = :id', { tenantId: this.tenantId, id })
      // A row that an older, still open transaction could precede is shown later: readers go on after the highest seq.
      .andWhere('e.xid::xid8 < pg_snapshot_xmin(pg_current_snapshot())')
      .limit(page.limit);
    if (page.type !== undefined) query.andWhere('e.type = :type', { type: page.type });
    if (page.afterSeq === undefined) return (await readPage(query.orderBy('e.seq', 'DESC'))).toReversed().map(toEvent);
    query.andWhere('e.seq > :after', { after: page.afterSeq });
    return (await readPage(query.orderBy('e.seq', 'ASC'))).map(toEvent);
  }

  private async withRuns(id: JobId, rows: readonly BatchRow[]): Promise<readonly BatchRecord[]> {
    const epochs = [...new Set(rows.map((row) => row.committedEpoch ?? row.plannedEpoch))];
    const runs =
      epochs.length === 0
        ? []
        : await this.manager
            .createQueryBuilder(RunRow, 'r')
            .where('r.tenant_id = :tenantId AND r.job_id = :id AND r.epoch = ANY(:epochs)', {
              tenantId: this.tenantId,
              id,
              epochs,
            })
            .getMany();
    const runByEpoch = new Map(runs.map((run) => [run.epoch, run]));
    return rows.map((row) => toBatchRecord(row, runByEpoch.get(row.committedEpoch ?? row.plannedEpoch)));
  }

  private async currentTimeline(id: JobId): Promise<number | undefined> {
    const row = await this.manager.findOne(JobRow, {
      where: { id, tenantId: this.tenantId },
      select: { id: true, timeline: true },
    });
    return row?.timeline;
  }

  private newestFirst<R extends ObjectLiteral>(
    target: EntityTarget<R>,
    jobId: JobId,
    cursor: string,
    page: Page<string | number>,
  ): SelectQueryBuilder<R> {
    return newestFirst(this.manager, target, { tenantId: this.tenantId, jobId }, { ...page, cursor });
  }
}
