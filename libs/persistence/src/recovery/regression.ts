import {
  furthest,
  isAhead,
  nextStatus,
  OWNED_STATUSES,
  RECONCILE_WANTED_RUNNING,
  TidemarkError,
  type Job,
  type JobEvent,
  type JobEventType,
  type NewEvent,
  type Progress,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { announceWork, appendEvents } from '../announce.js';
import { toJob } from '../mapping.js';
import { JobRow, RunRow } from '../rows/index.js';
import { standingOf } from '../scheduling/start-point.js';

/** What was seen of a job that the database does not know of, and the order to start that the job's row had by then. */
interface Regressed extends Progress {
  readonly startMode: object | null;
}

export const regressedOf = ({ regressed }: Pick<JobRow, 'regressed'>): Regressed | undefined =>
  (regressed as Regressed | null) ?? undefined;

/** How far the database knows that a job has come. */
export const progressOf = (job: JobRow): Progress => ({
  epoch: job.epoch,
  timeline: job.timeline,
  batchId: standingOf(job).batchId,
});

/**
 * Writes down what was seen of a locked job, if the database knows less, and takes the job from whoever has it: what runs
 * from an older copy would plan batches anew whose output sinks hold already. False where the database knows it all.
 */
export async function noteRegression(tx: EntityManager, job: JobRow, seen: Progress): Promise<boolean> {
  const known = progressOf(job);
  if (!isAhead(seen, known)) return false;
  const before = regressedOf(job);
  const all = before === undefined ? seen : furthest(before, seen);
  const isNews = before === undefined || isAhead(seen, before);
  const regressed: Regressed = { ...all, startMode: before?.startMode ?? job.startMode };
  const event = holdingEvent(toJob(job, undefined));
  const events: NewEvent[] = isNews ? [{ type: 'job.state_regressed', data: { seen: all, known } }] : [];
  if (event !== undefined) await hold(tx, job, event, { ...all });
  await tx.update(JobRow, { id: job.id }, { regressed });
  const { tenantId, id: jobId } = toJob(job, undefined);
  await appendEvents(tx, { tenantId, jobId }, events);
  return true;
}

/** What tells of each. */
const HELD = {
  ask: 'job.awaiting_decision',
  cancel: 'job.cancelled',
  drained: 'job.stopped',
} as const satisfies { readonly [event in JobEvent]?: JobEventType };

/** What becomes of a job whose state has gone back; undefined for one that is at rest. */
function holdingEvent({ desired, status }: Job): keyof typeof HELD | undefined {
  const isOwned = (OWNED_STATUSES as readonly string[]).includes(status);
  if (desired === 'running') return RECONCILE_WANTED_RUNNING[status] === 'leave' ? undefined : 'ask';
  if (!isOwned) return undefined;
  return desired === 'cancelled' ? 'cancel' : 'drained';
}

async function hold(tx: EntityManager, row: JobRow, event: keyof typeof HELD, seen: Progress): Promise<void> {
  const { status, id: jobId, tenantId } = toJob(row, undefined);
  const held = nextStatus(status, event);
  if (held === undefined) throw new Error(`A job that is ${status} cannot take "${event}".`);
  const { code, message: reason } = regressionError(row, seen);
  const says = event === 'ask' ? { statusCode: code, statusReason: reason } : {};
  const endedAt = { endedAt: () => 'now()', endReason: code };
  if (row.currentRunId !== null) {
    await tx.update(RunRow, { id: row.currentRunId, status: 'claimed' }, { status: 'ended', ...endedAt });
    await tx.update(RunRow, { id: row.currentRunId, status: 'queued' }, { status: 'superseded', ...endedAt });
  }
  await tx.update(
    JobRow,
    { id: row.id },
    {
      ...{ status: held, statusSince: () => 'now()', statusCode: null, statusReason: null, ...says },
      ...{ currentRunId: null, retryAt: null, version: row.version + 1 },
    },
  );
  await appendEvents(tx, { tenantId, jobId }, [{ type: HELD[event], data: { code, reason } }]);
  await announceWork(tx);
}

const regressionError = (row: JobRow, { epoch, timeline, batchId }: Progress): TidemarkError<'state_regressed'> =>
  new TidemarkError('state_regressed', {
    jobId: row.id,
    seen: { epoch, timeline, batchId },
    known: progressOf(row),
  });

/**
 * Holds a locked job whose state has gone back, as long as nobody has said since from where it is to start; true if so.
 * An order to start somewhere is the word of somebody who takes the older state for what counts.
 */
export async function holdRegressed(tx: EntityManager, job: JobRow): Promise<boolean> {
  const regressed = regressedOf(job);
  if (regressed === undefined) return false;
  if (job.startMode !== null && JSON.stringify(job.startMode) !== JSON.stringify(regressed.startMode)) return false;
  await hold(tx, job, 'ask', regressed);
  return true;
}

/**
 * A start from elsewhere was decided: what was seen is over. The next claim's epoch is above all that was, and so is the
 * timeline that the start has opened (`nextTimeline`), so nothing of before is taken for what comes.
 */
export async function leaveRegression(tx: EntityManager, job: JobRow): Promise<void> {
  const regressed = regressedOf(job);
  if (regressed === undefined) return;
  const { startMode, ...seen } = regressed;
  await tx.update(JobRow, { id: job.id }, { regressed: null, epoch: Math.max(job.epoch, seen.epoch) });
  const { tenantId, id: jobId } = toJob(job, undefined);
  const data = { seen, known: progressOf(job), replaced: startMode, actor: job.startActor };
  await appendEvents(tx, { tenantId, jobId }, [{ type: 'job.regression_accepted', data }]);
}
