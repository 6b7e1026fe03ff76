import type {
  BatchRecord,
  DeadLetter,
  BundleDigest,
  Checkpoint,
  CheckpointId,
  JobEventRecord,
  JobId,
  SourceRanges,
  TenantId,
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
    readonly revision?: number;
  },
): BatchRecord & { readonly jobId: JobId } {
  const { batchId, timeline = 1, open = false, ranges = {}, skipped, revision = 1 } = batch;
  const at = new Date(batchId * 1_000);
  return {
    jobId,
    plan: { timeline, batchId, batchTimeMs: at.getTime(), ranges, skipped },
    plannedAt: at,
    plannedByEpoch: 1,
    ...{ runnerId: undefined, revision },
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

/** A complete checkpoint of revision 1, of batch 4. */
export const aCheckpoint = (
  of: { readonly id: CheckpointId; readonly tenantId: TenantId; readonly jobId: JobId },
  more: Partial<Checkpoint> = {},
): Checkpoint => ({
  ...of,
  timeline: 1,
  batchId: 4,
  batchTimeMs: 0,
  epoch: 2,
  revision: 1,
  bundleDigest: 'd'.repeat(64) as BundleDigest,
  status: 'complete',
  kind: 'checkpoint',
  path: 'where/it/lies',
  buildsOn: ['where/its/base/lies'],
  manifestSha256: 'e'.repeat(64),
  offsets: { flights: { 'a.jsonl': 12 } },
  shapes: {},
  stateRows: 3,
  stateBytes: 120,
  createdAt: new Date(0),
  completedAt: undefined,
  ownBytes: 3,
  verifiedAt: undefined,
  ...more,
});

export const aDeadLetter = (
  known: Pick<DeadLetter, 'id' | 'tenantId' | 'jobId'> & Partial<DeadLetter>,
): DeadLetter => ({
  ...{ source: 'in', partition: 'a.jsonl', offset: 0, timeline: 1, batchId: 4 },
  ...{ code: 'record_unreadable', reason: 'no JSON', bytesTotal: 8, isCut: false, status: 'waiting', returns: 0 },
  ...{ redrivenBy: undefined, createdAt: new Date(0), settledAt: undefined },
  ...known,
});
