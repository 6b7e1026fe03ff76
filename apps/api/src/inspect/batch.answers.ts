import {
  CHECKPOINT_STATUSES,
  type BatchRecord,
  type Checkpoint,
  type CheckpointStatus,
  type SourceOffsets,
  type StateShape,
} from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { CheckpointFitAnswer } from './checkpoint-fit.answer.js';
import { Shown, shownType } from '../transport/shown.js';

type RangesAnswer = {
  readonly [uid: string]: { readonly [partition: string]: { readonly from: number; readonly to: number } };
};

class CommitAnswer {
  @Shown('When the batch was committed.', 'time')
  readonly committedAt!: string;

  @Shown('The epoch that committed it.', 'integer', { nullable: true })
  readonly epoch!: number | null;

  @Shown('The offsets after this batch, by source uid and partition.', 'offsets')
  readonly nextOffsets!: SourceOffsets;

  @Shown('Records read.', 'integer')
  readonly recordsIn!: number;

  @Shown('Rows handed to sinks.', 'integer')
  readonly recordsOut!: number;

  @Shown('Unreadable records passed over under the poison policy `skip`.', 'integer')
  readonly recordsSkipped!: number;

  @Shown('Records set aside under the poison policy `dead_letter`.', 'integer')
  readonly recordsDeadLettered!: number;

  @Shown('Milliseconds from the plan being durable to the sinks having the output.', 'number')
  readonly processingMs!: number;

  @Shown('Milliseconds after its batch time at which the batch was planned.', 'number')
  readonly schedulingDelayMs!: number;
}
shownType('BatchCommit', CommitAnswer);

export class BatchAnswer {
  @Shown('The timeline that the batch is on.', 'integer')
  readonly timeline!: number;

  @Shown('Counts from 1 on every timeline.', 'integer')
  readonly batchId!: number;

  @Shown('The only time that the batch sees.', 'time')
  readonly batchTime!: string;

  @Shown('What the batch reads: half-open ranges `{ from, to }` by source uid and partition.', 'ranges')
  readonly ranges!: RangesAnswer;

  @Shown(
    'What it passes over, by the downtime policy `skip`; each range lies directly before one of `ranges`.',
    'ranges',
  )
  readonly skipped!: RangesAnswer;

  @Shown('When the plan became durable.', 'time')
  readonly plannedAt!: string;

  @Shown('The epoch that planned it.', 'integer')
  readonly plannedByEpoch!: number;

  @Shown('The runner of the last attempt known.', 'string', { nullable: true })
  readonly runnerId!: string | null;

  @Shown('The proof that the batch is finished; null while it is open.', CommitAnswer, { nullable: true })
  readonly commit!: CommitAnswer | null;
}
shownType('Batch', BatchAnswer);
export const BatchPage = pageClass(BatchAnswer, 'BatchPage');

export const showBatch = (record: BatchRecord): BatchAnswer => ({
  timeline: record.plan.timeline,
  batchId: record.plan.batchId,
  batchTime: new Date(record.plan.batchTimeMs).toISOString(),
  ranges: showRanges(record.plan.ranges),
  skipped: showRanges(record.plan.skipped ?? {}),
  plannedAt: record.plannedAt.toISOString(),
  plannedByEpoch: record.plannedByEpoch,
  runnerId: record.runnerId ?? null,
  commit: showCommit(record),
});

/** Without the objects that hold a range's bytes: where they lie is nobody's business but ours. */
const showRanges = (ranges: BatchRecord['plan']['ranges']): RangesAnswer =>
  mapValues(ranges, (partitions) => mapValues(partitions, ({ from, to }) => ({ from, to })));

function showCommit({ commit, committedAt, committedByEpoch }: BatchRecord): CommitAnswer | null {
  if (commit === undefined || committedAt === undefined) return null;
  const { nextOffsets, recordsIn, recordsOut, recordsSkipped, processingMs, schedulingDelayMs } = commit;
  return {
    committedAt: committedAt.toISOString(),
    epoch: committedByEpoch ?? null,
    nextOffsets,
    recordsIn,
    recordsOut,
    recordsSkipped,
    recordsDeadLettered: commit.recordsDeadLettered ?? 0,
    processingMs,
    schedulingDelayMs,
  };
}

export class CheckpointAnswer {
  @Shown('Id of the checkpoint.', 'string')
  readonly id!: string;

  @Shown('The timeline that it is on.', 'integer')
  readonly timeline!: number;

  @Shown('State, offsets and batch time are as of the end of this batch.', 'integer')
  readonly batchId!: number;

  @Shown('Time of that batch.', 'time')
  readonly batchTime!: string;

  @Shown('The epoch that wrote it.', 'integer')
  readonly epoch!: number;

  @Shown('The revision that wrote it.', 'integer')
  readonly revision!: number;

  @Shown('Digest of the bundle that wrote it.', 'string')
  readonly bundleDigest!: string;

  @Shown('Only a `complete` one is ever restored.', CHECKPOINT_STATUSES)
  readonly status!: CheckpointStatus;

  @Shown('A `savepoint` is one that somebody asked for.', ['checkpoint', 'savepoint'])
  readonly kind!: Checkpoint['kind'];

  @Shown('The next position to read, by source uid and partition.', 'offsets')
  readonly offsets!: SourceOffsets;

  @Shown('What gives the state its meaning, by operator uid.', 'json')
  readonly shapes!: { readonly [uid: string]: StateShape };

  @Shown(
    'Rows that a restore reads, over all operators: a key counts in each file that has it, of this checkpoint or one that it builds on.',
    'integer',
  )
  readonly stateRows!: number;

  @Shown('Stored bytes that a restore reads, files of the checkpoints that it builds on among them.', 'integer')
  readonly stateBytes!: number;

  @Shown(
    'Stored bytes of its own files: what keeping it adds. Sums over checkpoints count shared files once.',
    'integer',
  )
  readonly ownBytes!: number;

  @Shown('When it was begun.', 'time')
  readonly createdAt!: string;

  @Shown('When it was complete.', 'time', { nullable: true })
  readonly completedAt!: string | null;

  @Shown('When every byte of it was last read back and found to be as it was written.', 'time', { nullable: true })
  readonly verifiedAt!: string | null;

  @Shown('What it is worth to the revision that the request names; null where it names none.', CheckpointFitAnswer, {
    nullable: true,
  })
  readonly fits!: CheckpointFitAnswer | null;
}
shownType('Checkpoint', CheckpointAnswer);
export const CheckpointPage = pageClass(CheckpointAnswer, 'CheckpointPage');

export const showCheckpoint = (checkpoint: Checkpoint, fits?: CheckpointFitAnswer): CheckpointAnswer => ({
  id: checkpoint.id,
  timeline: checkpoint.timeline,
  batchId: checkpoint.batchId,
  batchTime: new Date(checkpoint.batchTimeMs).toISOString(),
  epoch: checkpoint.epoch,
  revision: checkpoint.revision,
  bundleDigest: checkpoint.bundleDigest,
  status: checkpoint.status,
  kind: checkpoint.kind,
  offsets: checkpoint.offsets,
  shapes: checkpoint.shapes,
  stateRows: checkpoint.stateRows,
  stateBytes: checkpoint.stateBytes,
  ownBytes: checkpoint.ownBytes,
  createdAt: checkpoint.createdAt.toISOString(),
  completedAt: checkpoint.completedAt?.toISOString() ?? null,
  verifiedAt: checkpoint.verifiedAt?.toISOString() ?? null,
  fits: fits ?? null,
});

const mapValues = <A, B>(
  object: { readonly [name: string]: A },
  change: (value: A) => B,
): { readonly [name: string]: B } =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
