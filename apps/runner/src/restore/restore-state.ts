import { readCheckpoint, type ObjectStore, type ReadCheckpoint } from '@tidemark/checkpoint';
import {
  isTidemarkError,
  type Checkpoint,
  type ClaimedRun,
  type RestoreDecision,
  type RunStore,
} from '@tidemark/domain';
import type { GraphRuntime, Position } from '@tidemark/engine';

export type Restored =
  | { readonly outcome: 'restored'; readonly position: Position; readonly checkpoint: Checkpoint | undefined }
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
  tools: { readonly runs: RunStore; readonly objects: ObjectStore; readonly graph: GraphRuntime },
): Promise<Restored> {
  let { decision, checkpoint, base } = claimed;
  for (;;) {
    if (decision.verdict.outcome !== 'start') return { outcome: 'held', decision };
    if (checkpoint === undefined) return { outcome: 'restored', position: base, checkpoint };
    const opened = await open(checkpoint, tools.objects);
    const broken = opened.outcome === 'read' ? await load(opened.read, checkpoint, tools.graph) : opened.reason;
    if (broken === undefined) {
      const { timeline, batchId, batchTimeMs, offsets } = checkpoint;
      return { outcome: 'restored', position: { timeline, batchId, batchTimeMs, offsets }, checkpoint };
    }
    const again = await tools.runs.rejectCheckpoint(claimed.fence, checkpoint.id, broken);
    if (again.outcome === 'fenced') return again;
    if (opened.outcome === 'read') return { outcome: 'start_over', reason: broken };
    ({ decision, checkpoint, base } = again);
  }
}

async function open(
  { path, manifestSha256 }: Checkpoint,
  objects: ObjectStore,
): Promise<
  | { readonly outcome: 'read'; readonly read: ReadCheckpoint }
  | { readonly outcome: 'unreadable'; readonly reason: string }
> {
  if (manifestSha256 === undefined) return { outcome: 'unreadable', reason: 'its row has no hash of the manifest' };
  try {
    return { outcome: 'read', read: await readCheckpoint(objects, path, manifestSha256) };
  } catch (error) {
    return { outcome: 'unreadable', reason: reasonIfUnreadable(error) };
  }
}

/** Answers with why the state cannot be loaded, if it cannot. */
async function load(read: ReadCheckpoint, { shapes }: Checkpoint, graph: GraphRuntime): Promise<string | undefined> {
  try {
    for (const uid of Object.keys(shapes)) for await (const rows of read.rows(uid)) await graph.restore(uid, rows);
    return undefined;
  } catch (error) {
    return reasonIfUnreadable(error);
  }
}

/** A newer format is no reason to fall back silently to an older checkpoint: it fails the run and says so. */
function reasonIfUnreadable(error: unknown): string {
  if (isTidemarkError(error) && error.code === 'checkpoint_unreadable') return error.message;
  throw error;
}
