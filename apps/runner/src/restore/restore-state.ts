import { readCheckpoint, type CheckpointChain, type ObjectStore, type ReadCheckpoint } from '@tidemark/checkpoint';
import {
  isTidemarkError,
  type Checkpoint,
  type ClaimedRun,
  type JobId,
  type RestoreDecision,
  type RunStore,
} from '@tidemark/domain';
import { takeOver, type GraphRuntime, type Position } from '@tidemark/engine';
import { count, METRICS } from '@tidemark/observability';

export type Restored =
  | {
      readonly outcome: 'restored';
      readonly position: Position;
      readonly checkpoint: Checkpoint | undefined;
      /** Where the run's timeline begins. */
      readonly base: ClaimedRun['base'];
      /** What the run's first delta builds on. */
      readonly chain: CheckpointChain | undefined;
    }
  /** Nothing that is left can be restored, and the policy does not allow to go on without. */
  | { readonly outcome: 'held'; readonly decision: RestoreDecision }
  /** State came apart while it was being loaded; the graph holds part of it, so only another run can try again. */
  | { readonly outcome: 'start_over'; readonly reason: string }
  | { readonly outcome: 'fenced' };

/**
 * Loads the state that the restore decision names. A checkpoint that fails verification is marked, the decision is made
 * again without it, and the next one is tried; no byte of it reaches the job.
 */
export async function restoreState(
  claimed: ClaimedRun,
  tools: {
    readonly runs: RunStore;
    readonly objects: ObjectStore;
    readonly graph: GraphRuntime;
    /** The run's checkpoint, if somebody has begun to read it. */
    readonly ahead?: Promise<ReadCheckpoint> | undefined;
  },
): Promise<Restored> {
  let { decision, checkpoint, base } = claimed;
  let { ahead } = tools;
  for (;;) {
    if (decision.verdict.outcome !== 'start') return { outcome: 'held', decision };
    if (checkpoint === undefined) return { outcome: 'restored', position: base, checkpoint, base, chain: undefined };
    const opened = await open(checkpoint, tools.objects, ahead);
    ahead = undefined;
    const loaded = opened.outcome === 'read' ? await load(opened.read, checkpoint, decision, tools.graph) : opened;
    if (loaded.outcome === 'loaded') {
      const position = positionFrom(checkpoint, claimed.fence.jobId, base);
      // What a fork writes does not build on files of another job's.
      const chain = checkpoint.jobId === claimed.fence.jobId ? loaded.chain : undefined;
      return { outcome: 'restored', position, checkpoint, base, chain };
    }
    const again = await tools.runs.rejectCheckpoint(claimed.fence, checkpoint.id, loaded.reason);
    if (again.outcome === 'fenced') return again;
    if (!again.wasKnown) count(METRICS.checkpointsUnreadable, { foundBy: 'restore' });
    if (opened.outcome === 'read') return { outcome: 'start_over', reason: loaded.reason };
    ({ decision, checkpoint, base } = again);
  }
}

/** A timeline that begins with a checkpoint of an earlier one, or of another job, has batch id and offsets of its own. */
function positionFrom(checkpoint: Checkpoint, jobId: JobId, base: ClaimedRun['base']): Position {
  if (checkpoint.jobId !== jobId || checkpoint.timeline !== base.timeline) return base;
  const { timeline, batchId, batchTimeMs, offsets, identities } = checkpoint;
  return { timeline, batchId, batchTimeMs, offsets, identities };
}

type Unreadable = { readonly outcome: 'unreadable'; readonly reason: string };

async function open(
  { path, manifestSha256 }: Checkpoint,
  objects: ObjectStore,
  ahead: Promise<ReadCheckpoint> | undefined,
): Promise<{ readonly outcome: 'read'; readonly read: ReadCheckpoint } | Unreadable> {
  if (manifestSha256 === undefined) return { outcome: 'unreadable', reason: 'its row has no hash of the manifest' };
  try {
    return { outcome: 'read', read: await (ahead ?? readCheckpoint(objects, path, manifestSha256)) };
  } catch (error) {
    return { outcome: 'unreadable', reason: reasonIfUnreadable(error) };
  }
}

/** Hands the state to the graph, block by block in the order in which they are applied. */
async function load(
  read: ReadCheckpoint,
  { id, shapes }: Checkpoint,
  { candidates }: RestoreDecision,
  graph: GraphRuntime,
): Promise<{ readonly outcome: 'loaded'; readonly chain: CheckpointChain | undefined } | Unreadable> {
  try {
    const chosen = candidates.find(({ checkpointId }) => checkpointId === id);
    if (chosen === undefined) throw new Error('The decision says nothing of the checkpoint that it chose.');
    const { isUnchanged } = await takeOver(graph, { shapes, blocks: (uid) => read.blocks(uid) }, chosen.operators);
    // What changes from now on cannot be written on top of another form of the state.
    return { outcome: 'loaded', chain: isUnchanged ? read.chain : undefined };
  } catch (error) {
    return { outcome: 'unreadable', reason: reasonIfUnreadable(error) };
  }
}

/** A newer format is no reason to fall back silently to an older checkpoint: it fails the run and says so. */
function reasonIfUnreadable(error: unknown): string {
  if (isTidemarkError(error) && error.code === 'checkpoint_unreadable') return error.message;
  throw error;
}
