import {
  IdSource,
  SchedulingStore,
  type CheckpointId,
  type DeletedJob,
  type JobId,
  type JobStatus,
  type KeptAnswers,
  type LostRun,
  type OutboxEntry,
  type OutboxPage,
  type RunMessage,
  type ScheduleOutcome,
  type UnneededObjects,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import { OutboxRow, RunRow, TOPICS } from '../rows/index.js';
import { pruneLetters } from '../dead-letters/run-letters.js';
import { releaseForks } from '../recovery/forks.js';
import { loseClaimedRun } from '../runs/end-run.js';
import { RUNNER_LOCK_CLASS } from '../runs/runner-presence.js';
import { Leadership } from './leadership.js';
import * as retention from './retention.js';
import { scheduleJob, takeDueJob } from './schedule-job.js';
import { WorkSignal } from './work-signal.js';

const FAULTY_AGAIN_AFTER_MS = 2_000;

@Injectable()
export class TypeOrmSchedulingStore extends SchedulingStore {
  private readonly signal: WorkSignal;
  private readonly leadership: Leadership;

  constructor(
    private readonly dataSource: DataSource,
    private readonly ids: IdSource,
  ) {
    super();
    this.signal = new WorkSignal(dataSource);
    this.leadership = new Leadership(dataSource);
  }

  override async whileLeading(work: () => Promise<void>): Promise<boolean> {
    if (!(await this.leadership.isMine())) return false;
    await work();
    return true;
  }

  override waitForWork(timeoutMs: number): Promise<void> {
    return this.signal.wait(timeoutMs);
  }

  override async close(): Promise<void> {
    await this.signal.close();
    await this.leadership.resign();
  }

  override async scheduleDueJobs(limit: number): Promise<readonly ScheduleOutcome[]> {
    const outcomes: ScheduleOutcome[] = [];
    const faulty: JobId[] = [];
    while (outcomes.length < limit) {
      const outcome = await this.scheduleNext(faulty);
      if (outcome === undefined) break;
      if (outcome.outcome === 'faulty') {
        faulty.push(outcome.jobId);
        await this.putOff(outcome.jobId);
      }
      outcomes.push(outcome);
    }
    return outcomes;
  }

  override async endLostRuns(leaseMs: number): Promise<readonly LostRun[]> {
    await this.dataSource.query(
      `UPDATE runners r SET status = 'lost'
        WHERE r.status = 'alive'
          AND (r.heartbeat_at < now() - $1 * interval '1 ms'
               OR NOT EXISTS (SELECT 1 FROM pg_locks l
                               WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                                 AND l.classid = $2::bigint::oid AND l.objid = (hashtext(r.id)::bigint & 4294967295)::oid))`,
      [leaseMs, RUNNER_LOCK_CLASS],
    );
    // Also after a crash between the two statements: what is lost is read from the tables, not remembered.
    const orphans = await this.dataSource.query<{ id: string }[]>(
      `SELECT r.id FROM runs r JOIN runners w ON w.id = r.runner_id
        WHERE r.status = 'claimed' AND w.status <> 'alive' ORDER BY r.id`,
    );
    const lost: LostRun[] = [];
    const errors: unknown[] = [];
    for (const { id } of orphans) {
      try {
        const ended = await this.dataSource.transaction((tx) => loseOne(tx, id));
        if (ended !== undefined) lost.push(ended);
      } catch (error) {
        errors.push(error);
      }
    }
    // One job that cannot be freed must not hold up the others.
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} lost runs could not be ended.`);
    return lost;
  }

  override async countJobs(): Promise<ReadonlyMap<JobStatus, number>> {
    const rows = await this.dataSource.query<{ status: JobStatus; jobs: number }[]>(
      'SELECT status, count(*)::integer AS jobs FROM jobs GROUP BY status',
    );
    return new Map(rows.map(({ status, jobs }) => [status, jobs]));
  }

  override async readOutbox(limit: number): Promise<readonly OutboxEntry[]> {
    const rows = await this.announced(TOPICS.runStart, { limit });
    return rows.map(({ id, payload }) => ({ id: String(id), message: payload as RunMessage }));
  }

  override async readDeletedJobs(page: OutboxPage): Promise<readonly DeletedJob[]> {
    const rows = await this.announced(TOPICS.jobDeleted, page);
    return rows.map(({ id, payload }) => ({ ...(payload as Omit<DeletedJob, 'id'>), id: String(id) }));
  }

  override async readUnneededObjects(page: OutboxPage): Promise<readonly UnneededObjects[]> {
    const rows = await this.announced(TOPICS.objectsUnneeded, page);
    return rows.map(({ id, payload }) => ({ ...(payload as Omit<UnneededObjects, 'id'>), id: String(id) }));
  }

  override async removeFromOutbox(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.dataSource.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
  }

  override async longQueuedRuns(olderThanMs: number, limit: number): Promise<readonly RunMessage[]> {
    const rows = await this.dataSource.query<
      {
        id: RunMessage['runId'];
        job_id: RunMessage['jobId'];
        tenant_id: RunMessage['tenantId'];
        trace: string | null;
      }[]
    >(
      `SELECT r.id, r.job_id, r.tenant_id, r.trace FROM runs r JOIN jobs j ON j.id = r.job_id AND j.current_run_id = r.id
        WHERE r.status = 'queued' AND r.created_at < now() - $1 * interval '1 ms' ORDER BY r.id LIMIT $2`,
      [olderThanMs, limit],
    );
    return rows.map(({ id, job_id, tenant_id, trace }) => ({
      runId: id,
      jobId: job_id,
      tenantId: tenant_id,
      ...(trace === null ? {} : { traceparent: trace }),
    }));
  }

  override async retireCheckpoints(keep: {
    readonly perTimeline: number;
  }): Promise<readonly { readonly id: CheckpointId; readonly path: string }[]> {
    await releaseForks(this.dataSource.manager);
    return retention.retireCheckpoints(this.dataSource, keep);
  }

  override forgetCheckpoints(ids: readonly CheckpointId[]): Promise<void> {
    return retention.forgetCheckpoints(this.dataSource, ids);
  }

  override pruneBatches(ask: Parameters<SchedulingStore['pruneBatches']>[0]): Promise<number> {
    return retention.pruneBatches(this.dataSource, ask);
  }

  override pruneRuns(keep: number): Promise<void> {
    return retention.pruneRuns(this.dataSource, keep);
  }

  override pruneDeadLetters(keep: number): Promise<void> {
    return pruneLetters(this.dataSource.manager, keep);
  }

  override pruneEvents(keep: number): Promise<void> {
    return retention.pruneEvents(this.dataSource, keep);
  }

  override pruneIdempotencyKeys(keep: KeptAnswers): Promise<void> {
    return retention.pruneIdempotencyKeys(this.dataSource, keep);
  }

  private async scheduleNext(except: readonly JobId[]): Promise<ScheduleOutcome | undefined> {
    const taken: { jobId?: JobId } = {};
    try {
      return await this.dataSource.transaction(async (tx) => {
        const row = await takeDueJob(tx, except);
        if (row === null) return undefined;
        taken.jobId = row.id as JobId;
        return scheduleJob(tx, row, this.ids);
      });
    } catch (error) {
      if (taken.jobId === undefined) throw error;
      return { outcome: 'faulty', jobId: taken.jobId, error };
    }
  }

  /** Whatever it was may be mended, so it is tried again, and all that came due until then before it. */
  private async putOff(jobId: JobId): Promise<void> {
    await this.dataSource
      .query(`UPDATE jobs SET retry_at = now() + $2 * interval '1 ms' WHERE id = $1 AND current_run_id IS NULL`, [
        jobId,
        FAULTY_AGAIN_AFTER_MS,
      ])
      // It comes first again then. The others must not wait for that.
      .catch(() => undefined);
  }

  private announced(topic: string, { after, limit }: OutboxPage): Promise<readonly OutboxRow[]> {
    const where = { topic, ...(after === undefined ? {} : { id: MoreThan(Number(after)) }) };
    return this.dataSource.manager.find(OutboxRow, { where, order: { id: 'ASC' }, take: limit });
  }
}

async function loseOne(tx: DataSource['manager'], runId: string): Promise<LostRun | undefined> {
  const run = await tx.findOneByOrFail(RunRow, { id: runId });
  const status = await loseClaimedRun(tx, run);
  if (status === undefined) return undefined;
  return { runnerId: run.runnerId, runId: run.id, jobId: run.jobId, status } as LostRun;
}
