import { CheckpointFits, type Checkpoint, type JobId, type JobStore } from '@tidemark/domain';
import { showFit, type CheckpointFitAnswer } from './checkpoint-fit.answer.js';
import { existingRevision } from './existing-job.js';

/** Says of checkpoints of a job what they are worth to one of its revisions. Throws `thing_not_found`. */
export async function fitsOf(
  store: JobStore,
  id: JobId,
  number: number,
): Promise<(checkpoint: Checkpoint) => CheckpointFitAnswer> {
  const { revision, manifest } = await existingRevision(store, id, number);
  const { config, options: upgrade } = revision;
  const fits = new CheckpointFits({ policy: config.restorePolicy, revision: number, wanted: manifest, upgrade });
  return (checkpoint) => showFit(number, fits.of(checkpoint));
}
