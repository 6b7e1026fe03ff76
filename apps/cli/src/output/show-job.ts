import type { Batch, Job, JobEvent } from '@tidemark/sdk';
import { fields, table } from './table.js';

export const showJobs = (jobs: readonly Job[]): readonly string[] =>
  jobs.length === 0
    ? ['No jobs.']
    : table(
        ['NAME', 'STATUS', 'REVISION', 'BATCH', 'RUNNER', 'ID'],
        jobs.map((job) => [
          job.name,
          job.status,
          job.revision,
          job.lastBatch?.batchId ?? '-',
          job.currentRun?.runnerId ?? '-',
          job.id,
        ]),
      );

/** A revision that went back by itself because it was worse than the one before. */
export interface UndoneRevision {
  readonly at: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** @param undone the last one, if the job is still where it went back to */
export const showJob = (job: Job, undone?: UndoneRevision): readonly string[] =>
  fields([
    ['id', job.id],
    ['name', job.name],
    ['status', `${job.status} since ${job.statusSince}`],
    ['wanted', job.desired],
    ['reason', job.reason?.message ?? null],
    ...job.warnings.map(({ message }) => ['warning', message] as const),
    ['revision', job.revision],
    ['undone', undone === undefined ? null : undoneLine(undone)],
    ...waiting(job),
    ['epoch', job.epoch],
    ['timeline', job.timeline],
    ['runner', job.currentRun?.runnerId ?? null],
    [
      'last batch',
      job.lastBatch === null ? 'none yet' : `${job.lastBatch.batchId}, committed ${job.lastBatch.committedAt}`,
    ],
    ['submitted', job.createdAt],
  ]);

/** One line, whatever the reason has in it. */
const undoneLine = ({ at, from, to, reason }: UndoneRevision): string =>
  `revision ${from} at ${at}, for revision ${to}: ${reason.replaceAll(/\s+/g, ' ')}`;

function waiting({ name, upgrade }: Job): readonly (readonly [string, string])[] {
  if (upgrade === null) return [];
  const answers = `tidemark decide ${name} reset, or: tidemark decide ${name} abandon`;
  return [
    ['waiting', `revision ${upgrade.revision} waits for a decision: ${answers}`],
    ...upgrade.objections.map((sentence) => ['objection', sentence] as const),
  ];
}

export const showBatches = (batches: readonly Batch[]): readonly string[] =>
  batches.length === 0
    ? ['No batches yet.']
    : table(
        ['TIMELINE', 'BATCH', 'TIME', 'IN', 'OUT', 'SKIPPED', 'SET ASIDE', 'TOOK MS', 'DELAY MS', 'EPOCH'],
        batches.map(({ timeline, batchId, batchTime, commit, plannedByEpoch }) =>
          commit === null
            ? [timeline, batchId, batchTime, 'open', '', '', '', '', '', plannedByEpoch]
            : [
                timeline,
                batchId,
                batchTime,
                commit.recordsIn,
                commit.recordsOut,
                commit.recordsSkipped,
                commit.recordsDeadLettered,
                Math.round(commit.processingMs),
                Math.round(commit.schedulingDelayMs),
                commit.epoch ?? '-',
              ],
        ),
      );

export const showEvent = ({ at, type, data }: Pick<JobEvent, 'at' | 'type' | 'data'>): string =>
  [
    at,
    type,
    ...Object.entries(data).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ].join('  ');
