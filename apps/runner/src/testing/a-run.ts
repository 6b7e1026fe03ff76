import {
  DEFAULT_HEALTH,
  IdSource,
  NO_UPGRADE_OPTIONS,
  type BundleDigest,
  type Checkpoint,
  type CheckpointId,
  type ClaimedRun,
  type DecisionId,
  type JobId,
  type OperatorVerdict,
  type RestoreDecision,
  type RunId,
  type TenantId,
} from '@tidemark/domain';
import { checkpointPath, encodeBlock } from '@tidemark/checkpoint';
import type { StateBlock, StateSnapshot } from '@tidemark/engine';
import { ActiveRun } from '../run-batch/active-run.js';

/** A run of revision 1 that has just been claimed and starts from nothing. */
export function aClaimedRun(runId = 'run_1'): ClaimedRun {
  const fence = { tenantId: 'tnt_1' as TenantId, jobId: 'job_1' as JobId, runId: runId as RunId, epoch: 1 };
  const { tenantId, jobId } = fence;
  return {
    fence,
    tenantName: 'one',
    jobName: 'a-job',
    revision: {
      tenantId,
      jobId,
      number: 1,
      bundleDigest: 'a'.repeat(64) as BundleDigest,
      config: {
        restorePolicy: 'ask',
        checkpointIntervalMs: 1_000,
        limits: { memoryMb: 64, cpuMsPerBatch: 1_000 },
        health: DEFAULT_HEALTH,
      },
      options: NO_UPGRADE_OPTIONS,
      createdAt: new Date(0),
    },
    manifest: {
      definition: 1,
      name: 'a-job',
      batchIntervalMs: 500,
      poison: 'fail',
      nodes: [],
      shapes: { counts: aShape },
    },
    decision: {
      id: 'dec_1' as DecisionId,
      tenantId,
      jobId,
      runId: fence.runId,
      trigger: 'first_start',
      policy: 'ask',
      candidates: [],
      verdict: { outcome: 'start', from: { kind: 'beginning' }, reasonCode: 'NOTHING_COMMITTED' },
      actor: 'test',
      decidedAt: new Date(0),
    },
    checkpoint: undefined,
    base: { timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {} },
    progress: { epoch: 1, timeline: 1, batchId: 0 },
    probation: undefined,
    trace: undefined,
  };
}

export const aShape = {
  kind: 'updateStateByKey',
  key: 'json',
  value: 'json',
  codec: { name: 'ndjson', version: 1 },
  parameters: {},
} as const;

export const aRun = (runId?: string): ActiveRun => new ActiveRun(aClaimedRun(runId));

/** One block of one row of the operator `counts`. */
export const aBlock = (value: number): StateBlock => ({
  uid: 'counts',
  bytes: encodeBlock({
    table: 'state',
    clear: false,
    columns: [{ name: 'value', type: 'json' }],
    rows: [{ slot: 1, key: '"a"', values: [String(value)] }],
    deleted: [],
  }),
  rows: 1,
  deleted: 0,
});

export function aSnapshot(batchId = 1, more: Partial<StateSnapshot> = {}): StateSnapshot {
  const blocks = [aBlock(batchId)].values();
  return {
    timeline: 1,
    batchId,
    batchTimeMs: batchId * 500,
    offsets: { numbers: { '0': batchId } },
    pendingPlans: [],
    kind: 'full',
    next: async () => blocks.next().value,
    ...more,
  };
}

/** Ids that count from 1. */
export class CountedIds extends IdSource {
  private count = 0;

  protected override uuid(): string {
    this.count += 1;
    return String(this.count).padStart(32, '0');
  }
}

export const aCheckpointId = (count: number): CheckpointId => `ckp_${String(count).padStart(32, '0')}` as CheckpointId;

/** The row of a complete checkpoint of {@link aClaimedRun}'s job, of one operator `counts`. */
export function aCheckpoint(batchId: number, more: Partial<Checkpoint> = {}): Checkpoint {
  const { fence, revision } = aClaimedRun();
  const { tenantId, jobId, epoch } = fence;
  const { bundleDigest } = revision;
  const { timeline, batchTimeMs, offsets } = aSnapshot(batchId);
  const id = aCheckpointId(batchId);
  return {
    ...{ id, tenantId, jobId, timeline, batchId, batchTimeMs, epoch, offsets, bundleDigest },
    revision: 1,
    path: checkpointPath({ tenantId, jobId, timeline, batchId, epoch, unique: id }),
    manifestSha256: '0'.repeat(64),
    status: 'complete',
    kind: 'checkpoint',
    shapes: { counts: aShape },
    buildsOn: [],
    stateRows: 1,
    stateBytes: 1,
    ownBytes: 1,
    createdAt: new Date(0),
    completedAt: new Date(0),
    verifiedAt: undefined,
    ...more,
  };
}

/** The decision to start from a checkpoint, under these verdicts on its state. */
export const aDecisionFor = (
  { id, timeline, batchId }: Pick<Checkpoint, 'id' | 'timeline' | 'batchId'>,
  operators: readonly OperatorVerdict[] = [{ uid: 'counts', verdict: 'as_is' }],
): RestoreDecision => ({
  ...aClaimedRun().decision,
  candidates: [{ checkpointId: id, timeline, batchId, verdict: 'chosen', operators }],
  verdict: { outcome: 'start', from: { kind: 'checkpoint', checkpointId: id }, reasonCode: 'NEWEST_CHECKPOINT' },
});
