import type { DataSource } from '@tidemark/persistence/testing';
import type { Tables } from '../tables.js';

const JOBS = `
  SELECT id, desired, status, revision, epoch::int, timeline, base_timeline, base_batch_id::int, base_batch_time_ms::int,
         base_offsets, base_identities, read_by_others, base_checkpoint_id, last_timeline, last_batch_id::int, last_batch_time_ms::int, last_offsets, last_identities,
         current_run_id, attempts, retry_at IS NOT NULL AS waits, start_trigger, start_mode, savepoint_wanted,
         savepoints_asked, probation, upgrade->'revision' AS upgrade
    FROM jobs ORDER BY id`;
const CHECKPOINTS = `
  SELECT id, job_id, timeline, batch_id::int, epoch::int, revision, status, kind, path, builds_on, holds, offsets, identities,
         verified_at IS NOT NULL AS verified FROM checkpoints ORDER BY id`;
const BATCHES = `
  SELECT job_id, timeline, batch_id::int, ranges, skipped, planned_epoch::int, committed_epoch::int, next_offsets
    FROM batches ORDER BY job_id, timeline, batch_id`;
const RUNS = 'SELECT id, job_id, revision, status, runner_id, epoch::int FROM runs ORDER BY id';
const SAVEPOINTS = 'SELECT id, job_id, number, status, checkpoint_id FROM savepoints ORDER BY id';
const ROLLBACKS = `
  SELECT id, job_id, checkpoint_id, status, timeline, from_point->'revision' AS from_revision,
         from_point->'timeline' AS from_timeline, to_point->'revision' AS to_revision
    FROM rollbacks ORDER BY id`;
const PINS = 'SELECT checkpoint_id, owner, for_job_id FROM checkpoint_pins ORDER BY owner, checkpoint_id';
const OUTBOX = `SELECT payload->>'runId' AS run FROM outbox ORDER BY id`;
const DECISIONS = 'SELECT run_id, trigger, policy, candidates, verdict FROM restore_decisions ORDER BY run_id';
const RUNNERS = 'SELECT id, status FROM runners ORDER BY id';

/** What lies in Postgres, as far as the simulation has it too. */
export async function rowsOfPostgres(dataSource: DataSource): Promise<{ readonly [table: string]: unknown }> {
  const all = { JOBS, CHECKPOINTS, BATCHES, RUNS, SAVEPOINTS, ROLLBACKS, PINS, OUTBOX, DECISIONS, RUNNERS };
  const read = async ([name, sql]: [string, string]) => [name, await dataSource.query<unknown[]>(sql)] as const;
  const found: (readonly [string, unknown])[] = [];
  for (const table of Object.entries(all)) found.push(await read(table));
  return Object.fromEntries(found);
}

const byText =
  <T>(of: (row: T) => string) =>
  (a: T, b: T): number =>
    of(a) < of(b) ? -1 : 1;
const byId = byText<{ readonly id: string }>(({ id }) => id);

/** The same of what lies in memory. */
export function rowsOfMemory(tables: Tables): { readonly [table: string]: unknown } {
  return {
    JOBS: jobsOf(tables),
    CHECKPOINTS: checkpointsOf(tables),
    BATCHES: batchesOf(tables),
    RUNS: [...tables.runs.values()].sort(byId).map(({ id, jobId, revision, status, runnerId, epoch }) => ({
      ...{ id, job_id: jobId, revision, status, runner_id: runnerId, epoch },
    })),
    SAVEPOINTS: tables.savepoints.toSorted(byId).map(({ id, jobId, number, status, checkpointId }) => ({
      ...{ id, job_id: jobId, number, status, checkpoint_id: checkpointId },
    })),
    ROLLBACKS: tables.rollbacks.toSorted(byId).map((row) => ({
      ...{ id: row.id, job_id: row.jobId, checkpoint_id: row.checkpointId, status: row.status, timeline: row.timeline },
      ...{ from_revision: row.fromRevision, from_timeline: row.fromTimeline, to_revision: row.toRevision },
    })),
    PINS: tables.pins
      .toSorted(byText(({ owner, checkpointId }) => `${owner} ${checkpointId}`))
      .map(({ checkpointId, owner, forJobId }) => ({ checkpoint_id: checkpointId, owner, for_job_id: forJobId })),
    OUTBOX: tables.outbox.map(({ message }) => ({ run: message.runId })),
    DECISIONS: [...tables.decisions.values()]
      .sort(byText(({ runId }) => runId))
      .map(({ runId, trigger, policy, candidates, verdict }) => ({
        ...{ run_id: runId, trigger, policy, candidates, verdict },
      })),
    RUNNERS: [...tables.runners.values()].sort(byId).map(({ id, status }) => ({ id, status })),
  };
}

/** Without what is undefined, as JSON is. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const jobsOf = (tables: Tables) =>
  [...tables.jobs.values()].sort(byId).map((job) => ({
    ...{ id: job.id, desired: job.desired, status: job.status, revision: job.revision, epoch: job.epoch },
    ...{ timeline: job.timeline, base_timeline: job.baseTimeline, base_batch_id: job.baseBatchId },
    ...{ base_batch_time_ms: job.baseBatchTimeMs, base_offsets: job.baseOffsets },
    ...{ base_identities: job.baseIdentities, read_by_others: job.readByOthers, last_identities: job.lastIdentities },
    ...{ base_checkpoint_id: job.baseCheckpointId, last_timeline: job.lastTimeline, last_batch_id: job.lastBatchId },
    ...{ last_batch_time_ms: job.lastBatchTimeMs, last_offsets: job.lastOffsets, current_run_id: job.currentRunId },
    ...{ attempts: job.attempts, waits: job.retryAtMs !== null, start_trigger: job.startTrigger },
    ...{ start_mode: job.startMode, savepoint_wanted: job.savepointWanted, savepoints_asked: job.savepointsAsked },
    ...{ probation: plain(job.probation), upgrade: job.upgrade?.revision ?? null },
  }));

const checkpointsOf = (tables: Tables) =>
  [...tables.checkpoints.values()].sort(byId).map((row) => ({
    ...{ id: row.id, job_id: row.jobId, timeline: row.timeline, batch_id: row.batchId, epoch: row.epoch },
    ...{ revision: row.revision, status: row.status, kind: row.kind, path: row.path, builds_on: row.buildsOn },
    ...{
      holds: row.holds,
      offsets: row.offsets,
      identities: row.identities ?? {},
      verified: row.verifiedAt !== undefined,
    },
  }));

const batchesOf = (tables: Tables) =>
  [...tables.batches]
    .map(([key, rows]) => ({ key: key.split('/'), rows: [...rows.values()] }))
    .flatMap(({ key: [jobId = ''], rows }) =>
      rows.map(({ plan, plannedEpoch, committedEpoch, nextOffsets }) => ({
        ...{ job_id: jobId, timeline: plan.timeline, batch_id: plan.batchId, ranges: plan.ranges },
        skipped: plan.skipped ?? null,
        ...{ planned_epoch: plannedEpoch, committed_epoch: committedEpoch, next_offsets: nextOffsets },
      })),
    )
    .sort((a, b) =>
      a.job_id === b.job_id ? a.timeline - b.timeline || a.batch_id - b.batch_id : a.job_id < b.job_id ? -1 : 1,
    );
