import type { Retention, RetentionLimits, Usage } from '@tidemark/sdk';
import { fields, table } from './table.js';

const LIMITS = [
  ['checkpoints', 'checkpoints a timeline'],
  ['ageMs', 'milliseconds'],
  ['bytes', 'bytes'],
] as const satisfies readonly (readonly [keyof RetentionLimits, string])[];

export const showRetention = ({ own, tenant, effective }: Retention): readonly string[] =>
  table(
    ['KEEPS', 'OF THE JOB', 'OF THE TENANT', 'IN EFFECT'],
    LIMITS.map(([limit, says]) => [says, own[limit] ?? '-', tenant[limit] ?? '-', effective[limit] ?? 'default']),
  );

export const showUsage = (usage: Usage): readonly string[] => {
  const { bytes, quotaBytes, pressure, jobs } = usage;
  const total = fields([
    ['bytes', quotaBytes === null ? bytes : `${bytes} of ${quotaBytes}`],
    ['checkpoints', usage.checkpoints],
    ['savepoints', usage.savepoints],
    ['verified', usage.verified],
    ['pinned', usage.pinned],
    [
      'over the limit',
      pressure === null ? null : `since ${pressure.since}: ${pressure.stretch} times fewer checkpoints`,
    ],
  ]);
  if (jobs.length === 0) return total;
  const rows = jobs.map((job) => [
    job.name,
    job.bytes,
    job.checkpoints,
    job.savepoints,
    job.verified,
    job.pinned,
    job.jobId,
  ]);
  return [...total, '', ...table(['JOB', 'BYTES', 'CHECKPOINTS', 'SAVEPOINTS', 'VERIFIED', 'PINNED', 'ID'], rows)];
};
