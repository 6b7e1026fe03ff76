import {
  checkpointPath,
  sizeOf,
  snapshotKind,
  writeCheckpoint,
  type CheckpointChain,
  type ObjectStore,
} from '@tidemark/checkpoint';
import {
  isTidemarkError,
  stretchedIntervalMs,
  TidemarkError,
  type CheckpointId,
  type CompletedCheckpoint,
  type IdSource,
  type RunStore,
} from '@tidemark/domain';
import type { StateSnapshot } from '@tidemark/engine';
import { count, inSpan, measure, METRICS, SPANS } from '@tidemark/observability';
import type { ActiveRun } from '../run-batch/active-run.js';
import { ENGINE_VERSION } from '../engine-version.js';

/** Failures in a row after which the run ends: without checkpoints, what a restart has to run again grows without bound. */
const FAILURES_MAX = 5;

/**
 * However long the interval is: a start reads all batches after its checkpoint at once, and runs them again, and none of them
 * leaves the log before.
 */
const BATCHES_MAX = 10_000;

/**
 * Also while the state stays as it is, so that deltas write nothing: what is built on another base is kept, with all batches
 * since, for the case that this one is damaged.
 */
const ON_BASE_MAX = 100;

/** What is known of a checkpoint when it is begun. */
type Begun = Pick<CompletedCheckpoint, 'pauseMs' | 'savepoint'>;

/**
 * Writes a run's checkpoints: one at a time, in the background of the batches that follow. The row comes first, then the
 * state files, then the manifest; then one conditional update makes it restorable.
 *
 * A checkpoint that fails takes with it what had changed since the one before: the next one is a whole copy of the state.
 *
 * Owner of all fields: the run's loop.
 */
export class Checkpointer {
  private writing: Promise<void> | undefined;
  private failures = 0;
  private failure: unknown;
  /** When the last one was begun; an interval later, as long as that is by then, the next one is due. */
  private begunAtMs: number;
  /** Since the last one was begun. */
  private batches = 0;
  /** Checkpoints of this run on top of its last whole one, or of the one that it was restored from. */
  private onBase = 0;
  /** The newest savepoint, by its number, for which one was begun. */
  private answered = 0;
  /** What a delta would build on: the checkpoint whose snapshot was the last that the job's graph gave or took. */
  private chain: CheckpointChain | undefined;

  constructor(
    private readonly run: ActiveRun,
    private readonly tools: { readonly runs: RunStore; readonly objects: ObjectStore; readonly ids: IdSource },
    start: {
      /** Whether batches were run again to get here: a job that dies often must still get to a newer checkpoint. */
      readonly overdue: boolean;
      /** Of the checkpoint that the run was restored from. */
      readonly chain: CheckpointChain | undefined;
    },
  ) {
    this.begunAtMs = start.overdue ? -Infinity : run.timers.elapsedMs();
    this.chain = start.chain;
  }

  /** The kind of snapshot to take for the next `begin`. Not to be asked while another checkpoint is written. */
  get kind(): StateSnapshot['kind'] {
    // A savepoint depends on no other one, and is the state as the job has it, not what was written of it before.
    if (this.isAskedFor() || this.onBase >= ON_BASE_MAX) return 'full';
    const isAwaited = this.run.draining !== undefined;
    return snapshotKind(this.chain === undefined ? undefined : sizeOf(this.chain), isAwaited);
  }

  /** Whether the loop should hand over a snapshot now. Throws when checkpoints have failed too often. */
  isDue(): boolean {
    if (this.failures >= FAILURES_MAX) throw this.failure;
    return (
      this.isAskedFor() ||
      (this.writing === undefined &&
        (this.batches >= BATCHES_MAX || this.run.timers.elapsedMs() >= this.begunAtMs + this.intervalMs))
    );
  }

  noteBatch(): void {
    this.batches += 1;
  }

  /** Whether somebody waits for a savepoint that none was begun for. One that fails is made up for by the next that is due. */
  isAskedFor(): boolean {
    return this.writing === undefined && (this.run.savepointWanted ?? 0) > this.answered;
  }

  /**
   * Begins to write a snapshot of the kind that was asked for; returns at once.
   *
   * @param pauseMs for how long no batch could run because of it; told with the checkpoint.
   * @param savepoint the newest savepoint, by its number, that was asked for before the state was frozen
   */
  begin(snapshot: StateSnapshot, pauseMs: number, savepoint?: number): void {
    this.begunAtMs = this.run.timers.elapsedMs();
    this.batches = 0;
    this.onBase = snapshot.kind === 'full' ? 0 : this.onBase + 1;
    this.answered = savepoint ?? this.answered;
    const parent = snapshot.kind === 'delta' ? this.chain : undefined;
    this.chain = undefined;
    this.writing = this.write(snapshot, { pauseMs: toMicroseconds(pauseMs), savepoint }, parent).finally(() => {
      this.writing = undefined;
    });
  }

  /** Waits for what is being written. */
  async settle(): Promise<void> {
    await this.writing;
  }

  private get intervalMs(): number {
    const { checkpointIntervalMs } = this.run.claimed.revision.config;
    return stretchedIntervalMs(checkpointIntervalMs, this.run.checkpointStretch);
  }

  private async write(snapshot: StateSnapshot, begun: Begun, parent: CheckpointChain | undefined): Promise<void> {
    const { fence } = this.run.claimed;
    const { tenantId, jobId, epoch, runId } = fence;
    const { timeline, batchId } = snapshot;
    const id = this.tools.ids.next('checkpoint');
    const startedMs = this.run.timers.elapsedMs();
    try {
      await inSpan(
        SPANS.checkpoint,
        {
          parent: this.run.claimed.trace,
          attributes: { tenantId, jobId, runId, epoch, timeline, batchId, checkpointId: id },
        },
        async () => {
          const written = await this.writeDurably(id, snapshot, begun, parent);
          this.chain = written?.chain;
          if (written !== undefined) this.record(snapshot.kind, written.bytes, startedMs);
        },
      );
      this.failures = 0;
    } catch (error) {
      await discard(snapshot);
      this.failures += 1;
      this.failure = error;
      const reason = error instanceof Error ? error.message : String(error);
      const code = isTidemarkError(error) ? error.code : 'internal_fault';
      count(METRICS.checkpointsFailed, { errorType: code });
      await this.tools.runs
        .appendEvents(fence, [{ type: 'checkpoint.failed', data: { checkpointId: id, batchId, code, reason } }])
        .catch(() => undefined);
    }
  }

  private record(checkpointKind: StateSnapshot['kind'], bytes: number, startedMs: number): void {
    count(METRICS.checkpointsCompleted, { checkpointKind });
    measure(METRICS.checkpointSize, { checkpointKind }, bytes);
    measure(METRICS.checkpointDuration, { checkpointKind }, (this.run.timers.elapsedMs() - startedMs) / 1_000);
  }

  /** Answers with what the next one can build on; with nothing when the job was lost. */
  private async writeDurably(
    id: CheckpointId,
    snapshot: StateSnapshot,
    known: Begun,
    parent: CheckpointChain | undefined,
  ): Promise<{ readonly chain: CheckpointChain; readonly bytes: number } | undefined> {
    const { runs, objects } = this.tools;
    const { fence, revision, manifest } = this.run.claimed;
    const { tenantId, jobId, epoch } = fence;
    const { timeline, batchId, batchTimeMs, offsets, identities, pendingPlans } = snapshot;
    const { shapes } = manifest;
    if (snapshot.kind === 'delta' && parent === undefined) throw new Error('A delta has nothing to build on.');
    const path = checkpointPath({ tenantId, jobId, timeline, batchId, epoch, unique: id });
    const { number, bundleDigest } = revision;
    const buildsOn = parent?.folders ?? [];
    const begun = await runs.beginCheckpoint(fence, {
      ...{
        id,
        timeline,
        batchId,
        batchTimeMs,
        revision: number,
        bundleDigest,
        path,
        buildsOn,
        offsets,
        identities,
        shapes,
      },
    });
    if (begun === 'base_gone') {
      throw new TidemarkError('checkpoint_unreadable', {
        path: parent?.path ?? path,
        reason: 'it was collected or is damaged',
      });
    }
    if (begun === 'fenced') return this.lost();
    const { written, chain } = await writeCheckpoint(objects, {
      ...{ path, engineVersion: ENGINE_VERSION, tenantId, jobId, revision: number, bundleDigest },
      ...{ snapshot, parent, shapes, pendingPlans },
    });
    if ((await runs.completeCheckpoint(fence, id, { ...written, ...known })) === 'fenced') return this.lost();
    return { chain, bytes: written.bytesWritten + written.manifestBytes };
  }

  private lost(): undefined {
    this.run.abandon('fenced');
    return undefined;
  }
}

/** A millisecond has three digits that a clock can tell. */
const toMicroseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/** Pulls what is left of a snapshot: until then the job's graph holds on to the state that was frozen for it. */
async function discard(snapshot: StateSnapshot): Promise<void> {
  try {
    while ((await snapshot.next()) !== undefined);
  } catch {
    // The graph is gone, and what it held with it.
  }
}
