import {
  checkpointPath,
  encodeBlock,
  readCheckpoint,
  snapshotKind,
  sizeOf,
  writeCheckpoint,
  type CheckpointChain,
  type ObjectStore,
} from '@tidemark/checkpoint';
import type {
  CheckpointId,
  ClaimedRun,
  JobId,
  RunnerId,
  RunStore,
  SchedulingStore,
  StateShape,
} from '@tidemark/domain';
import { aCheckpointId } from '@tidemark/persistence/testing';

export interface KeptJobPorts {
  readonly runs: RunStore;
  readonly scheduling: SchedulingStore;
  readonly objects: ObjectStore;
}

const shape: StateShape = {
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'x', version: 1 },
  parameters: {},
};

/** A job as its runner sees it, as far as checkpoints are concerned: writes them, and is restored from them. */
export class KeptJob {
  private batchId: number;
  /** What the next delta builds on; undefined when the next checkpoint has to be whole. */
  private chain: CheckpointChain | undefined;

  constructor(
    readonly jobId: JobId,
    readonly runnerId: RunnerId,
    private run: ClaimedRun,
  ) {
    this.batchId = run.progress.batchId;
  }

  get claimed(): ClaimedRun {
    return this.run;
  }

  /** Another run goes on after the last batch that is committed. */
  set claimed(run: ClaimedRun) {
    this.run = run;
    this.batchId = run.progress.batchId;
  }

  /**
   * Commits a batch, and writes a checkpoint of it as a runner does: row, files, manifest, row. Answers with its id once it is complete, and with
   * undefined when it could not be begun or the job was lost.
   *
   * @param keys how many keys the state has, or has changed; none writes no file.
   * @param savepoint the newest that was asked for, by its number
   */
  async take({ runs, objects }: KeptJobPorts, keys: number, savepoint?: number): Promise<CheckpointId | undefined> {
    const { fence, revision, base } = this.claimed;
    const { tenantId, jobId, epoch } = fence;
    this.batchId += 1;
    const { batchId } = this;
    const id = aCheckpointId();
    const parent =
      snapshotKind(this.chain === undefined ? undefined : sizeOf(this.chain)) === 'delta' ? this.chain : undefined;
    this.chain = undefined;
    const { timeline } = base;
    const path = checkpointPath({ tenantId, jobId, timeline, batchId, epoch, unique: id });
    const common = { timeline, batchId, batchTimeMs: batchId, offsets: { numbers: { '0': batchId } } };
    const { number, bundleDigest } = revision;
    if (!(await this.commit(runs, batchId))) return undefined;
    const buildsOn = parent?.folders ?? [];
    const shapes = { counts: shape };
    const begun = await runs.beginCheckpoint(fence, {
      ...common,
      id,
      path,
      revision: number,
      bundleDigest,
      buildsOn,
      shapes: {},
    });
    if (begun !== 'done') return undefined;
    const blocks = (keys === 0 ? [] : [aBlock(keys, batchId)]).values();
    const { written, chain } = await writeCheckpoint(objects, {
      ...{
        path,
        engineVersion: '0',
        tenantId,
        jobId,
        revision: number,
        bundleDigest,
        parent,
        shapes,
        pendingPlans: [],
      },
      snapshot: { ...common, next: async () => blocks.next().value },
    });
    if ((await runs.completeCheckpoint(fence, id, { ...written, pauseMs: 0, savepoint })) === 'fenced')
      return undefined;
    this.chain = chain;
    return id;
  }

  /** False when the job was lost. */
  private async commit(runs: RunStore, batchId: number): Promise<boolean> {
    const { fence, base } = this.claimed;
    const { timeline } = base;
    const plan = { timeline, batchId, batchTimeMs: batchId, ranges: {} };
    if ((await runs.writeBatch(fence, { kind: 'plan', plan })).outcome !== 'planned') return false;
    const counts = { recordsIn: 0, recordsOut: 0, recordsSkipped: 0, processingMs: 0, schedulingDelayMs: 0 };
    const commit = { timeline, batchId, nextOffsets: { numbers: { '0': batchId } }, ...counts };
    return (await runs.writeBatch(fence, { kind: 'commit', commit, next: undefined })).outcome === 'committed';
  }

  /** Restores what the decision of the run chose, and says what that was. Throws where a byte is not what it was. */
  async restore({ objects }: KeptJobPorts): Promise<CheckpointId | undefined> {
    const { checkpoint } = this.claimed;
    this.chain = undefined;
    if (checkpoint === undefined) return undefined;
    const read = await readCheckpoint(objects, checkpoint.path, checkpoint.manifestSha256 ?? '');
    this.chain = checkpoint.jobId === this.jobId ? read.chain : undefined;
    return checkpoint.id;
  }
}

const aBlock = (keys: number, value: number) => ({
  uid: 'counts',
  bytes: encodeBlock({
    table: 'state',
    clear: false,
    columns: [{ name: 'value', type: 'json' }],
    rows: Array.from({ length: keys }, (_, key) => ({
      slot: 1,
      key: `"${key}"`,
      values: [String(value * 1_000 + key)],
    })),
    deleted: [],
  }),
  rows: keys,
  deleted: 0,
});
