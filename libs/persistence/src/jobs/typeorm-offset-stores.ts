import {
  editOffsets,
  OffsetStores,
  type CheckpointId,
  type CommittedOffsets,
  type EditedOffsets,
  type JobId,
  type JobOffsets,
  type OffsetChange,
  type OffsetEdit,
  type OffsetStore,
  type StartMode,
  type StartPreview,
  type StateOfEdit,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { toJob } from '../mapping.js';
import { BatchRow, CheckpointRow, JobRow, RevisionRow } from '../rows/index.js';
import { pinForFork } from '../recovery/forks.js';
import { holdWithBases } from '../runs/hold-checkpoints.js';
import { checkpointAt } from '../scheduling/checkpoint-at.js';
import { decideOnce, revisionOf } from '../scheduling/restore-facts.js';
import { openTimeline, standingOf, type Standing } from '../scheduling/start-point.js';
import { isAtRest, lockJob } from './change-job.js';
import { pendingRollback } from '../scheduling/pending-rollback.js';

/** Batches looked at to tell which one read a partition last. */
const BATCHES_LOOKED_AT = 1_000;
/** Changes that an event tells one by one. */
const CHANGES_TOLD = 100;

@Injectable()
export class TypeOrmOffsetStores extends OffsetStores {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override forTenant(tenantId: TenantId): OffsetStore {
    return new TypeOrmOffsetStore(this.dataSource.manager, tenantId);
  }
}

interface EditBy {
  readonly actor: string;
  readonly trace: TraceParent;
  readonly expectedVersion?: number | undefined;
  readonly state: StateOfEdit;
  readonly dryRun: boolean;
}

class TypeOrmOffsetStore implements OffsetStore {
  constructor(
    private readonly manager: EntityManager,
    private readonly tenantId: TenantId,
  ) {}

  async read(id: JobId): Promise<CommittedOffsets | undefined> {
    const job = await this.manager.findOneBy(JobRow, { id, tenantId: this.tenantId });
    if (job === null) return undefined;
    const { batchId, offsets = {}, identities } = standingOf(job);
    return { timeline: job.timeline, batchId, offsets, identities, readBy: await readBy(this.manager, job) };
  }

  edit(id: JobId, edit: OffsetEdit, by: EditBy): Promise<EditedOffsets> {
    return this.manager.transaction(async (tx): Promise<EditedOffsets> => {
      const job = await lockJob(tx, this.tenantId, id);
      if (job === null) return { outcome: 'not_found' };
      const { status } = toJob(job, undefined);
      if (by.expectedVersion !== undefined && by.expectedVersion !== job.version)
        return { outcome: 'changed_meanwhile' };
      if (!isAtRest(job, status)) return { outcome: 'refused', status };
      const pending = pendingRollback(job);
      if (pending !== undefined) return { outcome: 'rolls_back', checkpointId: pending.checkpointId };
      const standing = standingOf(job);
      const { offsets = {}, identities } = standing;
      const edited = editOffsets({ offsets, identities }, edit);
      if (edited.changes.length === 0 && isSame(identities, edited.identities)) {
        const { timeline } = job;
        return { outcome: 'edited', changes: [], timeline, checkpointId: undefined, abandoned: [] };
      }
      const state = by.state === 'empty' ? { outcome: 'none' as const } : await stateToKeep(tx, job, standing);
      if (state.outcome === 'no_checkpoint') return state;
      return apply(tx, job, { ...edited, standing, checkpoint: state.outcome === 'none' ? undefined : state.row, by });
    });
  }

  async preview(
    id: JobId,
    { revision, startMode }: { readonly revision?: number | undefined; readonly startMode?: StartMode | undefined },
  ): Promise<StartPreview | undefined> {
    const job = await this.manager.findOneBy(JobRow, { id, tenantId: this.tenantId });
    if (job === null) return undefined;
    const number = revision ?? job.revision;
    if (!(await this.manager.existsBy(RevisionRow, { jobId: id, number }))) return undefined;
    const started = this.manager.create(JobRow, { ...job, startMode: startMode ?? job.startMode });
    const { decision, policy, trigger } = await decideOnce(this.manager, started, number);
    const { status } = toJob(job, undefined);
    const isRollback = startMode === undefined && pendingRollback(job) !== undefined;
    const other = number !== job.revision ? 'redeploy' : isAtRest(job, status) ? 'resume' : trigger;
    return { ...decision, policy, trigger: isRollback ? trigger : other };
  }
}

type StateToKeep =
  | { readonly outcome: 'kept'; readonly row: CheckpointRow }
  /** There is none. */
  | { readonly outcome: 'none' }
  | Extract<EditedOffsets, { outcome: 'no_checkpoint' }>;

/** The complete checkpoint whose state is exactly that of the job. */
async function stateToKeep(tx: EntityManager, job: JobRow, standing: Standing): Promise<StateToKeep> {
  const startsAnew = job.lastTimeline !== job.timeline;
  if (startsAnew && job.baseCheckpointId === null) return { outcome: 'none' };
  const at = await checkpointAt(tx, job, standing);
  if (at.outcome === 'found') return { outcome: 'kept', row: at.row };
  const { newest } = at;
  if (startsAnew) return noCheckpoint(undefined, standing);
  const { manifest } = await revisionOf(tx, job, job.revision);
  const isStateless = [manifest.shapes, newest?.shapes ?? {}].every((shapes) => Object.keys(shapes).length === 0);
  return isStateless ? { outcome: 'none' } : noCheckpoint(newest?.batchId, standing);
}

const noCheckpoint = (newestBatchId: number | undefined, { batchId }: Standing): StateToKeep => ({
  outcome: 'no_checkpoint',
  newestBatchId,
  lastBatchId: batchId,
});

async function apply(
  tx: EntityManager,
  job: JobRow,
  edit: JobOffsets & {
    readonly changes: readonly OffsetChange[];
    readonly standing: Standing;
    readonly checkpoint: CheckpointRow | undefined;
    readonly by: EditBy;
  },
): Promise<EditedOffsets> {
  const { offsets, identities, changes, standing, checkpoint, by } = edit;
  const { timeline } = job;
  const { id: jobId, tenantId } = toJob(job, undefined);
  const open = await tx.find(BatchRow, {
    where: { jobId, timeline, committedAt: IsNull() },
    order: { batchId: 'ASC' },
  });
  const abandoned = open.map(({ batchId }) => batchId);
  const checkpointId = checkpoint?.id as CheckpointId | undefined;
  const edited: EditedOffsets = { outcome: 'edited', changes, timeline: timeline + 1, checkpointId, abandoned };
  if (by.dryRun) return edited;
  if (checkpoint !== undefined && !(await holdFor(tx, job, checkpoint)))
    return { outcome: 'no_checkpoint', newestBatchId: undefined, lastBatchId: standing.batchId };
  await openTimeline(tx, job, { ...standing, offsets, identities, checkpointId });
  // An order to start elsewhere was for what the offsets were before, and a probation leads back to those.
  const left = { startMode: null, probation: null };
  const trace = by.trace === undefined ? {} : { trace: by.trace };
  await tx.update(JobRow, { id: jobId }, { ...left, version: job.version + 1, startActor: by.actor, ...trace });
  await appendEvents(tx, { tenantId, jobId }, [
    {
      type: 'offsets.edited',
      data: {
        actor: by.actor,
        fromTimeline: timeline,
        timeline: timeline + 1,
        afterBatchId: standing.batchId,
        state: checkpointId === undefined ? 'empty' : 'kept',
        checkpointId: checkpointId ?? null,
        changed: changes.length,
        changes: changes
          .slice(0, CHANGES_TOLD)
          .map(({ before = null, after = null, ...of }) => ({ ...of, before, after })),
        abandoned,
      },
    },
  ]);
  return edited;
}

/** Of another job's, with which a fork begins, the pin may be gone. */
const holdFor = async (tx: EntityManager, job: JobRow, checkpoint: CheckpointRow): Promise<boolean> =>
  checkpoint.jobId === job.id ? holdWithBases(tx, checkpoint) : (await pinForFork(tx, job, checkpoint)) === 'pinned';

/** Members of JSON columns come back in another order. */
const isSame = (one: JobOffsets['identities'], other: JobOffsets['identities']): boolean => flat(one) === flat(other);

const flat = (identities: JobOffsets['identities']): string =>
  JSON.stringify(
    Object.entries(identities)
      .flatMap(([uid, partitions]) => Object.entries(partitions).map(([name, identity]) => [uid, name, identity]))
      .sort(),
  );

async function readBy(manager: EntityManager, job: JobRow): Promise<CommittedOffsets['readBy']> {
  const rows = await manager.query<{ uid: string; partition: string; batch_id: number }[]>(
    `SELECT s.key AS uid, p.key AS partition, max(b.batch_id) AS batch_id
       FROM (SELECT batch_id, ranges FROM batches
              WHERE job_id = $1 AND tenant_id = $2 AND timeline = $3 AND committed_at IS NOT NULL
              ORDER BY batch_id DESC LIMIT ${BATCHES_LOOKED_AT}) b,
            jsonb_each(b.ranges) s, jsonb_each(s.value) p
      WHERE (p.value->>'from')::bigint < (p.value->>'to')::bigint
      GROUP BY s.key, p.key`,
    [job.id, job.tenantId, job.timeline],
  );
  const uids = [...new Set(rows.map(({ uid }) => uid))];
  return Object.fromEntries(
    uids.map((uid) => [
      uid,
      Object.fromEntries(rows.filter((row) => row.uid === uid).map(({ partition, batch_id }) => [partition, batch_id])),
    ]),
  );
}
