import type { CheckpointId, CompletedCheckpoint, Fence, NewCheckpoint, RunStore } from '@tidemark/domain';
import { copyOf, holdCheckpoints, holdTimelineOf, type Database } from './database.js';
import { baseForRun } from './read-before.js';
import { ownedBy } from './run-ends.js';
import { applyStartPoint, decideFor, holdRollback } from './start-point.js';
import type { CheckpointRow, JobRow } from './tables.js';

export function beginCheckpoint(
  database: Database,
  fence: Fence,
  checkpoint: NewCheckpoint,
): Awaited<ReturnType<RunStore['beginCheckpoint']>> {
  const { tables } = database;
  const job = writerOf(database, fence);
  if (job === undefined || job.timeline !== checkpoint.timeline) return 'fenced';
  if (!holdCheckpoints(database, fence, checkpoint.buildsOn) || isDamaged(database, fence, checkpoint)) {
    return 'base_gone';
  }
  const row: CheckpointRow = {
    ...checkpoint,
    ...{ tenantId: fence.tenantId, jobId: fence.jobId, epoch: fence.epoch, status: 'pending', kind: 'checkpoint' },
    ...{ manifestSha256: undefined, stateRows: 0, stateBytes: 0, ownBytes: 0, holds: 0 },
    ...{ createdAt: new Date(database.nowMs()), completedAt: undefined, verifiedAt: undefined },
  };
  tables.checkpoints.set(row.id, row);
  database.watch.wrote?.(job, fence, `the beginning of ${row.id}`);
  return 'done';
}

/** The job, if this is the fence of its owner. */
const writerOf = (database: Database, fence: Fence): JobRow | undefined =>
  database.rules.checkpointIsFenced ? ownedBy(database, fence) : database.tables.jobs.get(fence.jobId);

function isDamaged({ tables }: Database, { jobId, epoch }: Fence, { buildsOn }: NewCheckpoint): boolean {
  const bases = new Set(buildsOn);
  return tables
    .checkpointsOf(jobId)
    .some(
      (row) =>
        row.status === 'corrupt' &&
        (bases.has(row.path) || (row.epoch === epoch && row.buildsOn.some((path) => bases.has(path)))),
    );
}

export function completeCheckpoint(
  database: Database,
  fence: Fence,
  id: CheckpointId,
  { savepoint, ...written }: CompletedCheckpoint,
): 'done' | 'fenced' {
  const job = writerOf(database, fence);
  const row = database.tables.checkpoints.get(id);
  if (job === undefined || row?.jobId !== job.id || row.timeline !== job.timeline || row.epoch !== fence.epoch) {
    return 'fenced';
  }
  if (!holdCheckpoints(database, fence, row.buildsOn) || row.status !== 'pending') return 'fenced';
  row.status = 'complete';
  row.completedAt = new Date(database.nowMs());
  row.manifestSha256 = written.manifestSha256;
  row.stateRows = written.stateRows;
  row.stateBytes = written.stateBytes;
  row.ownBytes = written.bytesWritten + written.manifestBytes;
  database.watch.completed?.(job, fence, row);
  if (savepoint !== undefined) answerSavepoints(database, job, row, savepoint);
  return 'done';
}

/** Makes a complete checkpoint what was asked for, up to request `number`. */
export function answerSavepoints(
  { tables, watch }: Database,
  job: JobRow,
  checkpoint: CheckpointRow,
  number: number,
): void {
  const answered = tables.savepoints.filter(
    (one) => one.jobId === job.id && one.number <= number && one.status === 'requested',
  );
  if (job.savepointWanted !== null && job.savepointWanted <= number) job.savepointWanted = null;
  for (const one of answered) {
    one.status = 'complete';
    one.checkpointId = checkpoint.id;
    checkpoint.kind = 'savepoint';
    watch.savepointAnswered?.(job, one.number, checkpoint);
  }
}

export function rejectCheckpoint(
  database: Database,
  fence: Fence,
  id: CheckpointId,
): Awaited<ReturnType<RunStore['rejectCheckpoint']>> {
  const { tables, watch } = database;
  const job = writerOf(database, fence);
  const run = tables.runs.get(fence.runId);
  const before = tables.decisions.get(fence.runId);
  if (job === undefined || run === undefined || before === undefined) return { outcome: 'fenced' };
  watch.wrote?.(job, fence, `the rejection of ${id}`);
  holdTimelineOf(database, id);
  const row = tables.checkpoints.get(id);
  const wasKnown = row?.tenantId !== fence.tenantId || row.status === 'corrupt';
  if (row?.tenantId === fence.tenantId) {
    watch.unreadable?.(row);
    row.status = 'corrupt';
  }
  const decided = decideFor(database, job, run.revision);
  watch.startJudged?.(job, run.revision, decided.decision);
  const decision = { ...before, ...decided.decision };
  tables.decisions.set(fence.runId, decision);
  holdRollback(database, job, id);
  applyStartPoint(database, job, decided);
  const chosen = tables.checkpoints.get(decided.checkpoint?.id ?? id);
  const checkpoint = decided.checkpoint === undefined || chosen === undefined ? undefined : copyOf(chosen);
  const base = baseForRun(database, job, tables.revision(job.id, run.revision).manifest);
  return { outcome: 'decided', wasKnown, decision, checkpoint, base };
}
