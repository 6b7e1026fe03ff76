import type { CheckpointId, Fence, JobId, Progress, RollbackId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aCheckpoint, aClaimedRun, aSubmittedJob, aTenant, aWrittenCheckpoint, stores } from '../testing.js';

const by = { actor: 'somebody', trace: undefined };
const CHECKPOINT = 'ckp_1' as CheckpointId;
const GRACE_MS = 0;

/** A job that has committed two batches, with a checkpoint of the first, and a copy of the database as of then. */
async function aJobAndACopy(dataSource: DataSource) {
  const tenantId = await aTenant(dataSource);
  const id = await aSubmittedJob(dataSource, tenantId);
  const all = stores(dataSource);
  const { claimed, runs, runnerId } = await aClaimedRun(dataSource);
  const { fence } = claimed;
  await runs.markRunning(fence);
  const commits = async (of: Fence, timeline: number, batchId: number): Promise<readonly string[]> => {
    const plan = { timeline, batchId, batchTimeMs: batchId * 500, ranges: {} };
    const planned = await runs.writeBatch(of, { kind: 'plan', plan });
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
    const commit = { timeline, batchId, nextOffsets: { numbers: { '0': batchId } }, ...counts };
    const committed = await runs.writeBatch(of, { kind: 'commit', commit, next: undefined });
    return [planned.outcome, committed.outcome];
  };
  await commits(fence, 1, 1);
  await runs.beginCheckpoint(fence, aCheckpoint(CHECKPOINT, 1, { path: `${tenantId}/${id}/t1/b1-e1-x` }));
  await runs.completeCheckpoint(fence, CHECKPOINT, aWrittenCheckpoint);
  await commits(fence, 1, 2);
  const putBack = await aCopyOf(dataSource);
  const job = { tenantId, jobId: id };
  const shown = async () => (await all.jobs.forTenant(tenantId).find(id)) ?? expect.fail('The job is gone.');
  const events = async (): Promise<readonly string[]> => {
    const rows = await dataSource.query<{ type: string }[]>('SELECT type FROM job_events WHERE job_id = $1', [id]);
    return rows.map(({ type }) => type);
  };
  return { ...all, runs, runnerId, tenantId, id, job, fence, commits, putBack, shown, events };
}

const TABLES = ['jobs', 'runs', 'batches', 'checkpoints', 'runners', 'restore_decisions', 'outbox', 'job_events'];

/** Copies what changes; the answer puts it back, as a dump that is restored in place does. */
async function aCopyOf(dataSource: DataSource): Promise<() => Promise<void>> {
  for (const table of TABLES) await dataSource.query(`CREATE TABLE copied_${table} AS TABLE ${table}`);
  return () =>
    dataSource.transaction(async (tx) => {
      await tx.query('SET LOCAL session_replication_role = replica');
      for (const table of TABLES) {
        await tx.query(`DELETE FROM ${table}`);
        await tx.query(`INSERT INTO ${table} TABLE copied_${table}`);
      }
    });
}

type Copied = Awaited<ReturnType<typeof aJobAndACopy>>;
const seen = (batchId: number, more: Partial<Progress> = {}): Progress => ({ epoch: 1, timeline: 1, batchId, ...more });

async function rollBack({ recovery, tenantId, id }: Copied, number = 1): Promise<void> {
  const order = { id: `rbk_${number}` as RollbackId, checkpointId: CHECKPOINT };
  expect(await recovery.forTenant(tenantId).orderRollback(id, order, by)).toMatchObject({ outcome: 'ordered' });
}

/** Schedules and claims the job's next run. */
async function claimed({ scheduling, runs, runnerId }: Copied) {
  const [outcome] = await scheduling.scheduleDueJobs(1);
  if (outcome?.outcome !== 'scheduled') return outcome?.outcome;
  return (await runs.claim(outcome.runId, runnerId)) ?? 'unclaimed';
}

describe('R12: a database that was restored from an older copy under a run that goes on', () => {
  postgresTest('takes neither its next plan nor its open commit', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { commits, fence, putBack, runs } = copied;
    for (const batchId of [3, 4]) expect(await commits(fence, 1, batchId)).toEqual(['planned', 'committed']);
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
    await putBack();

    expect(await commits(fence, 1, 5)).toEqual(['fenced', 'fenced']);

    // The copy may be of a moment at which two plans were open, of which the run has committed the first since.
    for (const batchId of [3, 4])
      await runs.writeBatch(fence, { kind: 'plan', plan: { timeline: 1, batchId, batchTimeMs: 1, ranges: {} } });
    const commit = { timeline: 1, batchId: 4, nextOffsets: {}, ...counts };
    expect(await runs.writeBatch(fence, { kind: 'commit', commit, next: undefined })).toEqual({ outcome: 'fenced' });
    expect((await copied.shown()).lastBatch?.batchId).toBe(2);
  });

  postgresTest('has the job held, with a sentence, once the run has told what it knows', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { commits, fence, putBack, runs, job, shown, id } = copied;
    await commits(fence, 1, 3);
    await putBack();

    expect(await runs.noteProgress(job, seen(3))).toBe(true);

    expect(await shown()).toMatchObject({ status: 'awaiting_decision', statusCode: 'state_regressed' });
    expect((await shown()).statusReason).toContain(
      `Job ${id} has come to batch 3 of timeline 1, epoch 1, and the database knows of it up to batch 2 of timeline 1, epoch 1`,
    );
    expect(await commits(fence, 1, 3)).toEqual(['fenced', 'fenced']);
    expect(await copied.events()).toEqual(expect.arrayContaining(['job.state_regressed', 'job.awaiting_decision']));
  });

  postgresTest('is not what a database is that knows it all', async ({ dataSource }) => {
    const { runs, job, shown, commits, fence } = await aJobAndACopy(dataSource);
    expect(await runs.noteProgress(job, seen(2))).toBe(false);
    expect(await runs.noteProgress({ ...job, jobId: 'job_9' as JobId }, seen(90))).toBe(false);
    expect((await shown()).status).toBe('running');
    expect(await commits(fence, 1, 3)).toEqual(['planned', 'committed']);
  });

  postgresTest('takes a run from the queue that the copy has there', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { runs, job, fence, scheduling, runnerId, shown } = copied;
    await runs.end(fence, { kind: 'drained', reason: 'runner_shutdown' });
    const [queued] = await scheduling.scheduleDueJobs(1);
    if (queued?.outcome !== 'scheduled') throw new Error('Nothing was queued.');

    expect(await runs.noteProgress(job, seen(3))).toBe(true);

    expect(await runs.claim(queued.runId, runnerId)).toBeUndefined();
    expect((await shown()).status).toBe('awaiting_decision');
  });

  postgresTest('lets a job that is wanted stopped or cancelled be that', async ({ dataSource }) => {
    const { runs, job, jobs, tenantId, id, shown } = await aJobAndACopy(dataSource);
    await jobs.forTenant(tenantId).order(id, 'stop', by);
    expect(await runs.noteProgress(job, seen(3))).toBe(true);
    expect((await shown()).status).toBe('stopped');
    expect(await runs.noteProgress(job, seen(4))).toBe(true);
    expect((await shown()).status).toBe('stopped');
  });
});

describe('R12: a job that is held because its state has gone back', () => {
  postgresTest('is held again by every start that does not say from where', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { runs, job, jobs, tenantId, id, shown } = copied;
    await runs.noteProgress(job, seen(3));
    for (let times = 0; times < 2; times += 1) {
      await jobs.forTenant(tenantId).order(id, 'start', by);
      expect(await claimed(copied)).toBe('held');
      expect(await shown()).toMatchObject({ status: 'awaiting_decision', statusCode: 'state_regressed' });
    }
  });

  postgresTest('goes on from a checkpoint that somebody names, above all that was seen', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { runs, job, commits, events } = copied;
    await runs.noteProgress(job, seen(3));
    await runs.noteProgress(job, seen(1, { timeline: 4, epoch: 9 }));
    await rollBack(copied);

    const next = await claimed(copied);

    expect(next).toMatchObject({
      fence: { epoch: 10 },
      checkpoint: { id: CHECKPOINT },
      base: { timeline: 5, batchId: 1, after: { timeline: 1, batchId: 1 } },
    });
    if (typeof next !== 'object') throw new Error('The job was not started.');
    expect(
      await copied.recovery.forTenant(copied.tenantId).findRollback(copied.id, 'rbk_1' as RollbackId),
    ).toMatchObject({ status: 'begun', timeline: 5 });
    expect(await events()).toContain('job.regression_accepted');
    expect(await runs.noteProgress(job, seen(1, { timeline: 4, epoch: 9 }))).toBe(false);
    await runs.markRunning(next.fence);
    expect(await commits(next.fence, 5, 2)).toEqual(['planned', 'committed']);
  });

  postgresTest('is not let go of by an order that the older copy has already', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { runs, job } = copied;
    await rollBack(copied);
    await runs.noteProgress(job, seen(3));
    await copied.jobs.forTenant(copied.tenantId).order(copied.id, 'start', by);
    expect(await claimed(copied)).toBe('held');

    await rollBack(copied, 2);
    expect(await claimed(copied)).toMatchObject({ base: { timeline: 2 } });
  });
});

describe('R12: objects of a time that the database does not know of', () => {
  postgresTest('are no orphans, and have their job held', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { upkeep, job, tenantId, id, shown } = copied;
    const folder = `${tenantId}/${id}/t1`;
    const group = (batchId: number, epoch: number) => ({
      ...{ path: `${folder}/b${batchId}-e${epoch}-y`, objects: [`${folder}/b${batchId}-e${epoch}-y/manifest.json`] },
      progress: { timeline: 1, batchId, epoch },
    });
    const groups = [group(2, 1), group(3, 1), group(2, 7)];
    const orphans = (): ReturnType<typeof upkeep.noteOrphans> =>
      upkeep.noteOrphans({ ...job, part: 'checkpoints', groups, graceMs: GRACE_MS });

    expect(await orphans()).toEqual([groups[0]]);
    expect(await shown()).toMatchObject({ status: 'awaiting_decision', statusCode: 'state_regressed' });

    await rollBack(copied);
    await claimed(copied);
    expect(await orphans()).toEqual(groups);
  });

  postgresTest('are kept for jobs that the older copy does not have, until all is accepted', async ({ dataSource }) => {
    const copied = await aJobAndACopy(dataSource);
    const { upkeep, runs, job, tenantId } = copied;
    const lost = 'job_9' as JobId;
    const groups = [{ path: `${tenantId}/${lost}/t1/b1-e1-z`, objects: [`${tenantId}/${lost}/t1/b1-e1-z/1`] }];
    const orphans = async (): Promise<number> => {
      const found = { tenantId, jobId: lost, groups, graceMs: GRACE_MS };
      const [checkpoints, wal] = [
        await upkeep.noteOrphans({ ...found, part: 'checkpoints' }),
        await upkeep.noteOrphans({ ...found, part: 'wal' }),
      ];
      return checkpoints.length + wal.length;
    };
    await runs.noteProgress(job, seen(3));
    expect(await orphans()).toBe(0);

    await rollBack(copied);
    await claimed(copied);
    expect(await orphans()).toBeGreaterThan(0);
  });
});
