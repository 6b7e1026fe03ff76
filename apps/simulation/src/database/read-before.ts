import {
  readBefore,
  type BundleManifest,
  type ClaimedRun,
  type PartitionOffsets,
  type SourceOffsets,
} from '@tidemark/domain';
import type { Database } from './database.js';
import { baseOf, standingOf } from './start-point.js';
import { newestFirst, type JobRow } from './tables.js';

/** Where the job's timeline begins, with what a run needs of it under the flow of its code. */
export function baseForRun(database: Database, job: JobRow, { flow }: BundleManifest): ClaimedRun['base'] {
  const base = baseOf(job);
  if (flow?.downtime !== 'skip' || !database.rules.reachIsAsked) return base;
  const reached = reachedOn(database, job, job.timeline);
  return { ...base, readBefore: readBefore([reached, job.readByOthers], base.identities ?? {}) };
}

/** How far a job has read until now, on any timeline, with what it knows of the one that it was forked from. */
export const readUntilNow = (database: Database, job: JobRow): SourceOffsets =>
  readBefore([reachedOn(database, job, job.timeline + 1), job.readByOthers], standingOf(job).identities);

/** The furthest offsets on timelines below one: of each the last batch says them, or the newest checkpoint. */
function reachedOn({ tables, rules }: Database, { id }: JobRow, below: number): SourceOffsets {
  const reached = new Map<string, Map<string, number>>();
  const note = (offsets: SourceOffsets): void => {
    for (const [uid, partitions] of Object.entries(offsets)) {
      const known = reached.get(uid) ?? new Map<string, number>();
      reached.set(uid, known);
      for (const [name, at] of Object.entries(partitions)) known.set(name, Math.max(at, known.get(name) ?? at));
    }
  };
  for (let left = rules.reachAsksEveryTimeline ? 1 : Math.max(1, below - 1); left < below; left += 1) {
    const batches = [...tables.batchesOf(id, left).values()].sort((a, b) => b.plan.batchId - a.plan.batchId);
    note(batches.find(({ committedEpoch }) => committedEpoch !== null)?.nextOffsets ?? {});
    const checkpoints = tables.checkpointsOf(id).filter((row) => row.timeline === left);
    note(checkpoints.sort(newestFirst)[0]?.offsets ?? {});
  }
  return Object.fromEntries(
    [...reached].map(([uid, known]): [string, PartitionOffsets] => [uid, Object.fromEntries(known)]),
  );
}
