import type { Checkpoint, StoredState, UpgradeFacts } from '@tidemark/domain';
import { checkpointOf, type Database } from './database.js';
import { isOwned } from './run-ends.js';
import { pendingRollback, restorable, standingOf } from './start-point.js';
import type { JobRow } from './tables.js';

/** What an upgrade of the job is held against. */
export function factsOf(database: Database, job: JobRow): UpgradeFacts {
  const { manifest } = database.tables.revision(job.id, job.revision);
  const pending = pendingRollback(job);
  const asked = pending === undefined ? undefined : checkpointOf(database, pending.checkpointId, job.id);
  return {
    revision: job.revision,
    manifest,
    stored: asked === undefined ? storedState(database, job, manifest.shapes) : toStored(asked),
    committedOffsets: asked === undefined ? standingOf(job).offsets : asked.offsets,
    processingMs: [],
  };
}

const toStored = ({ id, shapes, stateRows, stateBytes }: Checkpoint): StoredState => ({
  ...{ checkpointId: id, shapes, rows: stateRows, bytes: stateBytes },
});

function storedState(
  database: Database,
  job: JobRow,
  running: UpgradeFacts['manifest']['shapes'],
): StoredState | undefined {
  const checkpoint = restorable(database, job).checkpoints.find(({ status }) => status === 'complete');
  const runs = isOwned(job.status) && job.lastBatchId !== null;
  if (checkpoint === undefined && !runs) return undefined;
  const shapes = runs || checkpoint === undefined ? running : checkpoint.shapes;
  const { id, stateRows = 0, stateBytes = 0 } = checkpoint ?? {};
  return { checkpointId: id, shapes, rows: stateRows, bytes: stateBytes };
}
