import { judgeState, NO_UPGRADE_OPTIONS, type OperatorVerdict, type UpgradeOptions } from '@tidemark/domain';
import type { StoredState } from '@tidemark/engine';
import type { Checkpoint, Revision, Tidemark } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import type { BundleProcess } from './bundle-process.js';

/** A bundle that is to take over state. */
export interface Side {
  readonly process: BundleProcess;
  /** What was said about the state that it takes over. */
  readonly optionsOn: (checkpoint: Checkpoint) => UpgradeOptions;
}

/** What a start of the bundle would say of a checkpoint. */
export const verdictsOn = (checkpoint: Checkpoint, { process, optionsOn }: Side): readonly OperatorVerdict[] =>
  judgeState(checkpoint.shapes as StoredState['shapes'], process.manifest, optionsOn(checkpoint));

/** The revision of this number. Throws `UserError`. */
export async function revisionOf(service: Tidemark, jobId: string, number: number): Promise<Revision> {
  for await (const revision of service.jobs.revisions(jobId, { limit: 100 }))
    if (revision.number === number) return revision;
  throw new UserError(`The job has no revision ${number}.`);
}

/** What was said when a revision was deployed was said about the state of the one before it. */
export const optionsOfRevision =
  ({ number, upgrade }: Revision) =>
  (checkpoint: Checkpoint): UpgradeOptions =>
    checkpoint.revision === number ? NO_UPGRADE_OPTIONS : optionsIn(upgrade);

export const optionsIn = (said: Partial<UpgradeOptions>): UpgradeOptions => ({ ...NO_UPGRADE_OPTIONS, ...said });
