import { BUNDLES, aBundle, aConfig, SHAPES } from '../../job/bundles.js';
import { SOURCE } from '../../job/records.js';
import {
  NO_UPGRADE_OPTIONS,
  type CheckpointId,
  type Fence,
  type JobId,
  type JobOrder,
  type RunEnd,
  type RunnerId,
  type SavepointId,
  type StartMode,
} from '@tidemark/domain';
import type { Both } from './both.js';
import { Known, WRITTEN, type Answers } from './calls.js';

const BY = { actor: 'test', trace: undefined };

/** One job in Postgres and in memory, and what is done to both. What an order comes to is told as both say it. */
export class Scene {
  private readonly known = new Known();
  private fence: Fence | undefined;

  private constructor(
    private readonly both: Both,
    readonly jobId: JobId,
    private readonly runnerId: RunnerId,
  ) {}

  static async open(both: Both): Promise<Scene> {
    const { postgres, memory, ids, tenantId } = both;
    const [id, runnerId, bundleDigest, config] = [ids.next('job'), ids.next('runner'), BUNDLES.first, aConfig('ask')];
    await postgres.jobs.forTenant(tenantId).create({ id, name: id, bundleDigest, config }, BY);
    await memory.control.create({ id, tenantId, bundleDigest, config });
    const runner = { id: runnerId, host: '', pid: 1, slots: 1, sandbox: {} };
    await postgres.runs.registerRunner(runner);
    await memory.runs.registerRunner(runner);
    return new Scene(both, id, runnerId);
  }

  get job() {
    return this.both.memory.database.tables.job(this.jobId);
  }

  get rollbacks() {
    return this.both.memory.database.tables.rollbacks;
  }

  /** Starts the job on the runner; answers with what became of it. */
  async start(): Promise<string> {
    const { postgres, memory } = this.both;
    await postgres.scheduling.scheduleDueJobs(5);
    const [outcome] = await memory.scheduling.scheduleDueJobs(5);
    if (outcome?.outcome !== 'scheduled') return outcome?.outcome ?? 'not due';
    const { runId } = outcome;
    await postgres.runs.claim(runId, this.runnerId);
    this.fence = (await memory.runs.claim(runId, this.runnerId))?.fence;
    return 'claimed';
  }

  /** Runs one batch, and writes a checkpoint of it unless it is slow: a savepoint, if one is wanted. */
  async batch({ processingMs = 1 } = {}): Promise<CheckpointId> {
    const { postgres, memory, ids } = this.both;
    const fence = this.owner();
    const { timeline, revision, lastBatchId, baseBatchId, lastTimeline, status } = this.job;
    const batchId = (lastTimeline === timeline ? (lastBatchId ?? 0) : baseBatchId) + 1;
    const offsets = { [SOURCE]: { a: batchId + 1 } };
    const plan = {
      timeline,
      batchId,
      batchTimeMs: batchId,
      ranges: { [SOURCE]: { a: { from: batchId, to: batchId + 1 } } },
    };
    const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs, schedulingDelayMs: 0 };
    const { bundleDigest, manifest } = memory.database.tables.revision(this.jobId, revision);
    const id = ids.next('checkpoint');
    const savepoint = this.job.savepointWanted ?? undefined;
    const checkpoint = {
      ...{
        id,
        path: `${fence.tenantId}/${id}`,
        timeline,
        batchId,
        batchTimeMs: batchId,
        revision,
        bundleDigest,
        offsets,
      },
      ...{ shapes: manifest.shapes, buildsOn: [] },
    };
    for (const runs of [postgres.runs, memory.runs]) {
      if (status === 'restoring') await runs.markRunning(fence);
      await runs.writeBatch(fence, { kind: 'plan', plan });
      const commit = { timeline, batchId, nextOffsets: offsets, ...counts };
      await runs.writeBatch(fence, { kind: 'commit', commit, next: undefined });
      if (processingMs > 1) continue;
      await runs.beginCheckpoint(fence, checkpoint);
      await runs.completeCheckpoint(fence, id, { ...WRITTEN, savepoint });
    }
    return id;
  }

  /** What the next run of this timeline would find of its batches, as Postgres tells it and as memory does. */
  async batchesToResume(): Promise<Answers> {
    const { postgres, memory } = this.both;
    const { timeline } = this.job;
    return [
      await postgres.runs.readBatches(this.owner(), timeline, 0),
      await memory.runs.readBatches(this.owner(), timeline, 0),
    ];
  }

  async end(end: RunEnd): Promise<void> {
    for (const runs of [this.both.postgres.runs, this.both.memory.runs]) await runs.end(this.owner(), end);
  }

  /** What the job waits for before its next start is there: how long that takes is chance. */
  async endWait(): Promise<void> {
    await this.both.dataSource.query('UPDATE jobs SET retry_at = NULL');
    this.job.retryAtMs = null;
  }

  /** The run gives its job back without having ended it. */
  async lose(): Promise<void> {
    const { runId } = this.owner();
    for (const runs of [this.both.postgres.runs, this.both.memory.runs]) await runs.disown(runId, this.runnerId);
  }

  /** What the run was to begin with turns out to be damaged. */
  async reject(id: CheckpointId): Promise<void> {
    await this.both.postgres.runs.rejectCheckpoint(this.owner(), id, 'x');
    await this.both.memory.runs.rejectCheckpoint(this.owner(), id);
  }

  async markUnreadable(id: CheckpointId): Promise<void> {
    await this.both.postgres.upkeep.markUnreadable(id, 'x');
    await this.both.memory.upkeep.markUnreadable(id);
  }

  async order(order: JobOrder, startMode?: StartMode): Promise<string> {
    const { postgres, memory, tenantId } = this.both;
    const { outcome } = await postgres.jobs.forTenant(tenantId).order(this.jobId, order, { ...BY, startMode });
    return asBoth(outcome, await memory.control.order(this.jobId, order, startMode));
  }

  async deploy(): Promise<string> {
    const { postgres, memory, tenantId } = this.both;
    const [bundleDigest, config, requestId] = [BUNDLES.fits, aConfig('ask'), this.request()];
    const manifest = aBundle(SHAPES[bundleDigest] ?? '', 'coalesce');
    const revision = { bundleDigest, config, manifest, options: NO_UPGRADE_OPTIONS };
    const { outcome } = await postgres.jobs.forTenant(tenantId).addRevision(this.jobId, revision, { ...BY, requestId });
    return asBoth(outcome, await memory.control.addRevision(this.jobId, { bundleDigest, config, requestId }));
  }

  async rollBack(checkpointId: CheckpointId): Promise<string> {
    const { postgres, memory, tenantId, ids } = this.both;
    const [id, requestId] = [ids.next('rollback'), this.request()];
    const store = postgres.recovery.forTenant(tenantId);
    const { outcome } = await store.orderRollback(this.jobId, { id, checkpointId }, { ...BY, requestId });
    return asBoth(outcome, await memory.control.rollBack(this.jobId, { rollbackId: id, checkpointId, requestId }));
  }

  /** Asks for a savepoint. */
  async askForSavepoint(): Promise<SavepointId> {
    const { postgres, memory, tenantId, ids } = this.both;
    const [id, requestId] = [ids.next('savepoint'), this.request()];
    const store = postgres.recovery.forTenant(tenantId);
    await store.requestSavepoint(this.jobId, { id, label: id }, { ...BY, requestId });
    await memory.control.requestSavepoint(this.jobId, id, requestId);
    return id;
  }

  async letGoOf(id: SavepointId): Promise<void> {
    const { postgres, memory, tenantId } = this.both;
    await postgres.recovery.forTenant(tenantId).releaseSavepoint(this.jobId, id, BY);
    await memory.control.releaseSavepoint(this.jobId, id);
  }

  /** Answers with the batches of the timeline that are left. */
  async prune(perTimeline: number): Promise<readonly number[]> {
    const { postgres, memory } = this.both;
    for (const { scheduling } of [postgres, memory])
      await scheduling.pruneBatches({ keep: 0, limit: 1_000, perTimeline });
    return [...memory.database.tables.batchesOf(this.jobId, this.job.timeline).keys()];
  }

  /** The runner holds a connection of its own. */
  async close(): Promise<void> {
    await this.both.postgres.runs.retireRunner(this.runnerId);
  }

  private owner(): Fence {
    if (this.fence === undefined) throw new Error('Nobody has claimed the job.');
    return this.fence;
  }

  private request(): string {
    this.known.requests += 1;
    return `request-${this.known.requests}`;
  }
}

const asBoth = (postgres: string, memory: string): string =>
  postgres === memory ? memory : `${postgres} in Postgres, ${memory} in memory`;
