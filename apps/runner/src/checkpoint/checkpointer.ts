import { checkpointPath, writeCheckpoint, type ObjectStore } from '@tidemark/checkpoint';
import { isTidemarkError, type CheckpointId, type IdSource, type RunStore } from '@tidemark/domain';
import type { StateSnapshot } from '@tidemark/engine';
import { inSpan, SPANS } from '@tidemark/observability';
import type { ActiveRun } from '../run-batch/active-run.js';
import { ENGINE_VERSION } from '../engine-version.js';

/** Failures in a row after which the run ends: without checkpoints, what a restart has to run again grows without bound. */
const FAILURES_MAX = 5;

/**
 * Writes a run's checkpoints: one at a time, in the background of the batches that follow. The row comes first, then the
 * state files, then the manifest; then one conditional update makes it restorable.
 *
 * Owner of all fields: the run's loop.
 */
export class Checkpointer {
  private writing: Promise<void> | undefined;
  private failures = 0;
  private failure: unknown;
  private dueAtMs: number;

  constructor(
    private readonly run: ActiveRun,
    private readonly tools: { readonly runs: RunStore; readonly objects: ObjectStore; readonly ids: IdSource },
    /** Whether batches were run again to get here: a job that dies often must still get to a newer checkpoint. */
    overdue: boolean,
  ) {
    this.dueAtMs = performance.now() + (overdue ? 0 : this.intervalMs);
  }

  /** Whether the loop should hand over a snapshot now. Throws when checkpoints have failed too often. */
  isDue(): boolean {
    if (this.failures >= FAILURES_MAX) throw this.failure;
    return this.writing === undefined && performance.now() >= this.dueAtMs;
  }

  /** Begins to write; returns at once. */
  begin(snapshot: StateSnapshot): void {
    this.dueAtMs = performance.now() + this.intervalMs;
    this.writing = this.write(snapshot).finally(() => {
      this.writing = undefined;
    });
  }

  /** Waits for what is being written. */
  async settle(): Promise<void> {
    await this.writing;
  }

  private get intervalMs(): number {
    return this.run.claimed.revision.config.checkpointIntervalMs;
  }

  private async write(snapshot: StateSnapshot): Promise<void> {
    const { fence } = this.run.claimed;
    const { tenantId, jobId, epoch, runId } = fence;
    const { timeline, batchId } = snapshot;
    const id = this.tools.ids.next('checkpoint');
    try {
      await inSpan(
        SPANS.checkpoint,
        {
          parent: this.run.claimed.trace,
          attributes: { tenantId, jobId, runId, epoch, timeline, batchId, checkpointId: id },
        },
        () => this.writeDurably(id, snapshot),
      );
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.failure = error;
      const reason = error instanceof Error ? error.message : String(error);
      const code = isTidemarkError(error) ? error.code : 'internal_fault';
      await this.tools.runs
        .appendEvents(fence, [{ type: 'checkpoint.failed', data: { checkpointId: id, batchId, code, reason } }])
        .catch(() => undefined);
    }
  }

  private async writeDurably(id: CheckpointId, snapshot: StateSnapshot): Promise<void> {
    const { runs, objects } = this.tools;
    const { fence, revision, manifest } = this.run.claimed;
    const { tenantId, jobId, epoch } = fence;
    const { timeline, batchId, batchTimeMs, offsets } = snapshot;
    const path = checkpointPath({ tenantId, jobId, timeline, batchId, epoch, unique: id });
    const { number, bundleDigest } = revision;
    const begun = await runs.beginCheckpoint(fence, {
      id,
      timeline,
      batchId,
      batchTimeMs,
      revision: number,
      bundleDigest,
      path,
      offsets,
      shapes: manifest.shapes,
    });
    if (begun === 'fenced') return this.run.abandon('fenced');
    const written = await writeCheckpoint(objects, {
      path,
      engineVersion: ENGINE_VERSION,
      tenantId,
      jobId,
      revision: number,
      bundleDigest,
      snapshot,
      shapes: manifest.shapes,
      pendingPlans: snapshot.pendingPlans,
    });
    if ((await runs.completeCheckpoint(fence, id, written)) === 'fenced') this.run.abandon('fenced');
  }
}
