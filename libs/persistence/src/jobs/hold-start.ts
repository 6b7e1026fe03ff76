import type { CheckpointId, StartMode } from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { holdWithBases } from '../runs/hold-checkpoints.js';
import { CheckpointRow, type JobRow } from '../rows/index.js';

/**
 * Keeps the checkpoint that an order to start names, and all that it builds on, from the commit of `tx` on until the job is
 * started: the collector spares what `jobs.start_mode` names. Answers with it if it is not complete, or was collected already.
 */
export async function goneBeforeStart(
  tx: EntityManager,
  job: JobRow,
  startMode: StartMode | undefined,
): Promise<CheckpointId | undefined> {
  if (startMode?.mode !== 'checkpoint') return undefined;
  const { id: jobId, tenantId } = job;
  const { checkpointId: id } = startMode;
  const row = await tx.findOneBy(CheckpointRow, { id, jobId, tenantId, status: 'complete' });
  return row !== null && (await holdWithBases(tx, row)) ? undefined : id;
}
