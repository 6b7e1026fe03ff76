import type {
  BatchRecord,
  BundleDigest,
  Checkpoint,
  CheckpointId,
  JobEventRecord,
  JobId,
  SourceRanges,
} from '@tidemark/domain';

/** A batch of five records; committed unless `open`. */
export function aBatch(
  jobId: JobId,
  batch: {
    readonly batchId: number;
    readonly timeline?: number;
    readonly open?: boolean;
    readonly ranges?: SourceRanges;
    readonly skipped?: SourceRanges;
  },
): BatchRecord & { readonly jobId: JobId } {
  const { batchId, timeline = 1, open = false, ranges = {}, skipped } = batch;
  const at = new Date(batchId * 1_000);
  return {
    jobId,
    plan: { timeline, batchId, batchTimeMs: at.getTime(), ranges, skipped },
    plannedAt: at,
    plannedByEpoch: 1,
    runnerId: undefined,
    committedAt: open ? undefined : at,
    committedByEpoch: open ? undefined : 1,
    commit: open
      ? undefined
      : {
          timeline,
          batchId,
          nextOffsets: {},
          recordsIn: 5,
          recordsOut: 5,
          recordsSkipped: 0,
          processingMs: 1,
          schedulingDelayMs: 0,
        },
  };
}

export const anEvent = (jobId: JobId, seq: number, type = 'log'): JobEventRecord => ({
  seq: String(seq),
  jobId,
  at: new Date(seq * 1_000),
  type,
  data: { number: seq },
});

/** A complete checkpoint without state, of batch 1 and revision 1. */
export const aKeptCheckpoint = (
  of: Pick<Checkpoint, 'tenantId' | 'jobId'> & { readonly id: CheckpointId } & Partial<Checkpoint>,
): Checkpoint => ({
  ...{
    timeline: 1,
    batchId: 1,
    batchTimeMs: 1_000,
    epoch: 1,
    revision: 1,
    bundleDigest: 'a'.repeat(64) as BundleDigest,
  },
  ...{ status: 'complete', kind: 'checkpoint', path: of.id, buildsOn: [], manifestSha256: 'b'.repeat(64) },
  ...{ offsets: {}, shapes: {}, stateRows: 0, stateBytes: 0, ownBytes: 0 },
  ...{ createdAt: new Date(0), completedAt: new Date(0), verifiedAt: undefined },
  ...of,
});
