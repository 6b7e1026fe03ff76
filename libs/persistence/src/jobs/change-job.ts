import {
  AT_REST_STATUSES,
  nextStatus,
  OWNED_STATUSES,
  type JobEvent,
  type JobId,
  type JobStatus,
  type Ordered,
  type RequestId,
  type StartMode,
  type TenantId,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { announceWork } from '../announce.js';
import { toJob } from '../mapping.js';
import { JobRow, RevisionRow, RollbackRow, RunRow } from '../rows/index.js';

/** On whose behalf a job is changed. */
export type By = {
  readonly actor: string;
  readonly trace: string | undefined;
  readonly expectedVersion?: number | undefined;
  readonly requestId?: RequestId | undefined;
  readonly startMode?: StartMode | undefined;
};

type Settable = Pick<
  JobRow,
  'desired' | 'revision' | 'attempts' | 'retryAt' | 'startTrigger' | 'startMode' | 'upgrade' | 'probation'
>;

export interface Change {
  readonly set: Partial<Settable>;
  readonly event: JobEvent | undefined;
  /** Whether the job's run is taken from it. */
  readonly supersedes: boolean;
}

/** What is to become of a locked job; an outcome of its own where it is left as it is. */
export type Decide<R extends { readonly outcome: string }> = (
  tx: EntityManager,
  row: JobRow,
  status: JobStatus,
) => Promise<Change | 'as_it_is' | R>;

/** Changes a job in one transaction, if it is the one that the caller saw. `changed` also where nothing was to be done. */
export async function changeJob<R extends { readonly outcome: string }>(
  manager: EntityManager,
  job: { readonly tenantId: TenantId; readonly id: JobId },
  by: By,
  decide: Decide<R>,
): Promise<R | Extract<Ordered, { outcome: 'not_found' | 'changed_meanwhile' }> | 'changed'> {
  return manager.transaction(async (tx) => {
    const row = await lockJob(tx, job.tenantId, job.id);
    if (row === null) return { outcome: 'not_found' };
    // Before the version: a request that is repeated has raised it itself.
    if (await isMade(tx, job.id, by.requestId)) return 'changed';
    if (by.expectedVersion !== undefined && by.expectedVersion !== row.version) return { outcome: 'changed_meanwhile' };
    const { status } = toJob(row, undefined);
    const change = await decide(tx, row, status);
    if (change === 'as_it_is') return 'changed';
    if ('outcome' in change) return change;
    await applyChange(tx, row, status, change, by);
    return 'changed';
  });
}

async function applyChange(tx: EntityManager, row: JobRow, status: JobStatus, change: Change, by: By): Promise<void> {
  const { id, tenantId, version } = row;
  const moved = change.event === undefined ? undefined : nextStatus(status, change.event);
  await tx.update(
    JobRow,
    { id, tenantId },
    {
      ...change.set,
      ...(moved === undefined
        ? {}
        : { status: moved, statusSince: () => 'now()', statusCode: null, statusReason: null }),
      ...(change.supersedes ? { currentRunId: null } : {}),
      // The next run belongs to the newest trace that there is.
      ...(by.trace === undefined ? {} : { trace: by.trace }),
      startActor: by.actor,
      version: version + 1,
    },
  );
  if (change.supersedes && row.currentRunId !== null) {
    await tx.update(
      RunRow,
      { id: row.currentRunId, tenantId, status: 'queued' },
      { status: 'superseded', endedAt: () => 'now()' },
    );
  }
  await announceWork(tx);
}

/** Whether this request has added a revision, or ordered a rollback, already. */
async function isMade(tx: EntityManager, jobId: JobId, requestId: RequestId | undefined): Promise<boolean> {
  if (requestId === undefined) return false;
  const request = { jobId, requestId };
  return (await tx.existsBy(RevisionRow, request)) || (await tx.existsBy(RollbackRow, request));
}

export const lockJob = (tx: EntityManager, tenantId: TenantId, id: JobId): Promise<JobRow | null> =>
  tx.findOne(JobRow, { where: { id, tenantId }, lock: { mode: 'for_no_key_update' } });

/** Whether nobody owns the job, and nobody is about to. */
export const isAtRest = ({ currentRunId }: JobRow, status: JobStatus): boolean =>
  currentRunId === null && (AT_REST_STATUSES as readonly JobStatus[]).includes(status);

export const isOwned = (status: JobStatus): boolean => (OWNED_STATUSES as readonly JobStatus[]).includes(status);

/** What a job that is wanted running rests in until somebody gives it something new. */
const RESTS_UNTIL_SOMETHING_NEW: readonly JobStatus[] = ['failed', 'awaiting_decision', 'finished'];

/** What a new revision, or another checkpoint to begin with, is to a job: a reason to start, if that is what it rests for. */
export const eventOfSomethingNew = ({ desired }: JobRow, status: JobStatus): JobEvent | undefined =>
  desired === 'running' && RESTS_UNTIL_SOMETHING_NEW.includes(status) ? 'restart' : undefined;
