import {
  decideEnd,
  nextStatus,
  type EndDecision,
  type EndFacts,
  type Fence,
  type JobEvent,
  type JobStatus,
  type RunEnd,
} from '@tidemark/domain';
import { randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { announceWork, appendEvents, storableText } from '../announce.js';
import { isOwned } from '../jobs/change-job.js';
import { probationKept, startModeOf, toJob, toRun } from '../mapping.js';
import { JobRow, RunRow } from '../rows/index.js';

/** Ends the run and lets go of the job, unless another run has claimed it. */
export async function endRun(tx: EntityManager, fence: Fence, end: RunEnd): Promise<'done' | 'fenced'> {
  const row = await lockOwned(tx, fence);
  if (row === null) {
    await lose(tx, fence.runId, 'fenced');
    return 'fenced';
  }
  const run = await tx.findOneByOrFail(RunRow, { id: fence.runId });
  const decision = decideEnd(factsOf(row, run), end);
  const endReason = storableText(decision.endReason);
  await tx.update(RunRow, { id: fence.runId }, { status: 'ended', endedAt: () => 'now()', endReason });
  await letGo(tx, row, decision);
  return 'done';
}

/** Moves a job that this run owns; the event must be one that the job's status accepts. */
export async function moveOwnedJob(
  tx: EntityManager,
  fence: Fence,
  event: JobEvent,
  set: { readonly statusCode?: string; readonly statusReason?: string },
): Promise<JobStatus | 'fenced'> {
  const row = await lockOwned(tx, fence);
  if (row === null) return 'fenced';
  const { status } = toJob(row, undefined);
  const moved = nextStatus(status, event) ?? status;
  await tx.update(
    JobRow,
    { id: row.id },
    { ...set, status: moved, statusSince: () => 'now()', version: row.version + 1 },
  );
  return moved;
}

/** Ends a claimed run whose runner is gone, and frees its job if it still owns it: the status that it has then. */
export async function loseClaimedRun(tx: EntityManager, run: RunRow): Promise<JobStatus | undefined> {
  const row = await tx.findOne(JobRow, { where: { id: run.jobId }, lock: { mode: 'for_no_key_update' } });
  await lose(tx, run.id, 'runner_lost');
  if (row?.currentRunId !== run.id || !isOwned(toJob(row, undefined).status)) return undefined;
  const decision = decideEnd(factsOf(row, run), { kind: 'runner_lost' });
  await letGo(tx, row, decision);
  return decision.status;
}

const lose = (tx: EntityManager, runId: string, endReason: string) =>
  tx.update(RunRow, { id: runId, status: 'claimed' }, { status: 'lost', endedAt: () => 'now()', endReason });

const factsOf = (row: JobRow, run: RunRow): EndFacts => ({
  job: { ...toJob(row, undefined), startMode: startModeOf(row), probation: probationKept(row) },
  run: toRun(run),
  chance: () => randomInt(2 ** 32) / 2 ** 32,
});

async function letGo(tx: EntityManager, row: JobRow, decision: EndDecision): Promise<void> {
  const { status, code, reason, trigger, delayMs, set, events } = decision;
  await tx.update(
    JobRow,
    { id: row.id },
    {
      status,
      statusSince: () => 'now()',
      statusCode: code ?? null,
      statusReason: reason === undefined ? null : storableText(reason),
      currentRunId: null,
      version: row.version + 1,
      ...set,
      ...(trigger === undefined ? {} : { startTrigger: trigger, startActor: 'scheduler' }),
      retryAt: delayMs === undefined ? null : () => `now() + ${delayMs} * interval '1 ms'`,
    },
  );
  const { tenantId, id: jobId } = toJob(row, undefined);
  await appendEvents(tx, { tenantId, jobId }, events);
  await announceWork(tx);
}

const lockOwned = (tx: EntityManager, { tenantId, jobId, runId, epoch }: Fence): Promise<JobRow | null> =>
  tx.findOne(JobRow, {
    where: { id: jobId, tenantId, epoch, currentRunId: runId },
    lock: { mode: 'for_no_key_update' },
  });
