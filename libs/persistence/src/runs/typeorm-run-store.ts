import {
  RunStore,
  type BatchLogEntry,
  type BatchLogResult,
  type CheckpointId,
  type ClaimedRun,
  type Fence,
  type JobEvent,
  type JobEventType,
  type BatchPlan,
  type LeftOut,
  type LoggedBatch,
  type NewCheckpoint,
  type NewEvent,
  type Orders,
  type Progress,
  type RunEnd,
  type RunId,
  type PoisonSearch,
  type RedrivenRecord,
  type RunnerId,
  type SourceOffsets,
  type CompletedCheckpoint,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { appendEvents } from '../announce.js';
import { lockJob } from '../jobs/change-job.js';
import { toPlan } from '../mapping.js';
import { noteRegression } from '../recovery/regression.js';
import { BatchRow, RunRow, RunnerRow } from '../rows/index.js';
import * as letters from '../dead-letters/run-letters.js';
import { BatchLogWriter } from './batch-log-writer.js';
import * as checkpoints from './checkpoint-writes.js';
import { claimRun } from './claim-run.js';
import { endRun, loseClaimedRun, moveOwnedJob } from './end-run.js';
import { markHealthy } from '../scheduling/probation.js';
import { RunnerPresence } from './runner-presence.js';

/** What tells of a move that a run makes itself. */
const MOVED = {
  restored: 'job.running',
  drain: 'job.draining',
} as const satisfies { readonly [event in JobEvent]?: JobEventType };

@Injectable()
export class TypeOrmRunStore extends RunStore {
  private readonly batchLog: BatchLogWriter;
  private readonly presence: RunnerPresence;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.batchLog = new BatchLogWriter(dataSource);
    this.presence = new RunnerPresence(dataSource);
  }

  override async registerRunner(runner: {
    readonly id: RunnerId;
    readonly host: string;
    readonly pid: number;
    readonly slots: number;
    readonly sandbox: { readonly [name: string]: unknown };
  }): Promise<void> {
    await this.presence.enter(runner.id);
    await this.dataSource.manager.insert(RunnerRow, { ...runner, sandbox: runner.sandbox as object, status: 'alive' });
  }

  override async noteSandbox(runnerId: RunnerId, sandbox: { readonly [name: string]: unknown }): Promise<void> {
    await this.dataSource.manager.update(RunnerRow, { id: runnerId }, { sandbox: sandbox });
  }

  override async heartbeat(
    runnerId: RunnerId,
  ): Promise<
    { readonly outcome: 'alive'; readonly orders: ReadonlyMap<RunId, Orders> } | { readonly outcome: 'lost' }
  > {
    // UPDATE … RETURNING answers [rows, count].
    const [alive] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE runners SET heartbeat_at = now() WHERE id = $1 AND status = 'alive' RETURNING id`,
      [runnerId],
    );
    if (alive.length === 0 || !this.presence.isHeld()) return { outcome: 'lost' };
    const rows = await this.dataSource.query<
      (Omit<Required<Orders>, 'savepoint'> & { readonly id: RunId; readonly savepoint: number | null })[]
    >(
      `SELECT r.id, j.desired, j.revision, j.start_mode IS NOT NULL AS "startsElsewhere", j.savepoint_wanted AS savepoint,
              j.redrive_wanted AS redrive,
              coalesce(q.stretch, 1) AS "checkpointStretch"
         FROM runs r JOIN jobs j ON j.id = r.job_id AND j.current_run_id = r.id
         LEFT JOIN quota_pressure q ON q.tenant_id = j.tenant_id
        WHERE r.runner_id = $1 AND r.status = 'claimed'`,
      [runnerId],
    );
    return {
      outcome: 'alive',
      orders: new Map(
        rows.map(({ id, savepoint, ...orders }) => [id, { ...orders, savepoint: savepoint ?? undefined }]),
      ),
    };
  }

  override async disown(runId: RunId, runnerId: RunnerId): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const run = await tx.findOneBy(RunRow, { id: runId, runnerId, status: 'claimed' });
      if (run !== null) await loseClaimedRun(tx, run);
    });
  }

  override async retireRunner(runnerId: RunnerId): Promise<void> {
    await this.dataSource.manager.update(RunnerRow, { id: runnerId, status: 'alive' }, { status: 'stopped' });
    await this.presence.leave();
  }

  override claim(runId: RunId, runnerId: RunnerId): Promise<ClaimedRun | undefined> {
    return this.dataSource.transaction((tx) => claimRun(tx, runId, runnerId));
  }

  override markRunning(fence: Fence): Promise<'done' | 'fenced'> {
    return this.move(fence, 'restored');
  }

  override markHealthy(fence: Fence, revision: number): Promise<'done' | 'fenced'> {
    return this.dataSource.transaction((tx) => markHealthy(tx, fence, revision));
  }

  override markDraining(fence: Fence): Promise<'done' | 'fenced'> {
    return this.move(fence, 'drain');
  }

  override end(fence: Fence, end: RunEnd): Promise<'done' | 'fenced'> {
    return this.dataSource.transaction((tx) => endRun(tx, fence, end));
  }

  override writeBatch(fence: Fence, entry: BatchLogEntry): Promise<BatchLogResult> {
    return this.batchLog.write(fence, entry);
  }

  override async readBatches(fence: Fence, timeline: number, afterBatchId: number): Promise<readonly LoggedBatch[]> {
    const rows = await this.dataSource.manager
      .createQueryBuilder(BatchRow, 'b')
      .addSelect(['b.setAside', 'b.isSettled', 'b.poisonSearch', 'b.redriven'])
      .where('b.tenant_id = :tenantId AND b.job_id = :jobId', fence)
      .andWhere('b.timeline = :timeline AND b.batch_id > :afterBatchId', { timeline, afterBatchId })
      .orderBy('b.batch_id', 'ASC')
      .getMany();
    return rows.map((row) => ({
      plan: toPlan(row),
      nextOffsets: (row.nextOffsets as SourceOffsets | null) ?? undefined,
      recordsSkipped: row.recordsSkipped ?? undefined,
      setAside: (row.setAside as readonly LeftOut[] | null) ?? undefined,
      isSettled: row.isSettled ?? undefined,
      search: (row.poisonSearch as PoisonSearch | null) ?? undefined,
    }));
  }

  override setAside(...[fence, plan, records, more]: Parameters<RunStore['setAside']>): Promise<'done' | 'fenced'> {
    return letters.setAside(this.dataSource.manager, fence, plan, records, more);
  }

  override noteSearch(fence: Fence, plan: BatchPlan, search: PoisonSearch): Promise<'done' | 'fenced'> {
    return letters.noteSearch(this.dataSource.manager, fence, plan, search);
  }

  override recordsToRedrive(fence: Fence, sources: readonly string[]): Promise<readonly RedrivenRecord[]> {
    return this.dataSource.transaction((tx) => letters.recordsToRedrive(tx, fence, sources));
  }

  override deadLettersWaiting(fence: Fence): Promise<number> {
    return letters.lettersWaiting(this.dataSource.manager, fence);
  }

  override beginCheckpoint(fence: Fence, checkpoint: NewCheckpoint): ReturnType<RunStore['beginCheckpoint']> {
    return this.dataSource.transaction((tx) => checkpoints.begin(tx, fence, checkpoint));
  }

  override completeCheckpoint(
    fence: Fence,
    id: CheckpointId,
    written: CompletedCheckpoint,
  ): ReturnType<RunStore['completeCheckpoint']> {
    return this.dataSource.transaction((tx) => checkpoints.complete(tx, fence, id, written));
  }

  override rejectCheckpoint(fence: Fence, id: CheckpointId, reason: string): ReturnType<RunStore['rejectCheckpoint']> {
    return this.dataSource.transaction((tx) => checkpoints.reject(tx, fence, id, reason));
  }

  override noteProgress({ tenantId, jobId }: Pick<Fence, 'tenantId' | 'jobId'>, seen: Progress): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      const job = await lockJob(tx, tenantId, jobId);
      return job !== null && noteRegression(tx, job, seen);
    });
  }

  override appendEvents(fence: Fence, events: readonly NewEvent[]): Promise<void> {
    return appendEvents(this.dataSource.manager, fence, events);
  }

  private move(fence: Fence, event: keyof typeof MOVED): Promise<'done' | 'fenced'> {
    return this.dataSource.transaction(async (tx) => {
      const moved = await moveOwnedJob(tx, fence, event, {});
      if (moved === 'fenced') return 'fenced';
      const run = await tx.findOneByOrFail(RunRow, { id: fence.runId, tenantId: fence.tenantId });
      await appendEvents(tx, fence, [
        { type: MOVED[event], data: { runId: run.id, runnerId: run.runnerId, epoch: fence.epoch } },
      ]);
      return 'done';
    });
  }
}
