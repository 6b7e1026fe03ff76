import type { Fence } from '@tidemark/domain';
import type { JobRow } from '../database/tables.js';
import type { Findings } from './invariants.js';

/** I1 and I14: what only the owner of a job may write was written by its owner, and of nobody else's job. */
export function owned(findings: Findings, job: JobRow, { epoch, runId, tenantId }: Fence, what: string): void {
  const isOwner = job.epoch === epoch && job.currentRunId === runId;
  findings.check('I1', isOwner, () => `${what} is of epoch ${epoch}, the job's is ${job.epoch}`);
  findings.check('I14', job.tenantId === tenantId, () => `${what} is of ${tenantId}, the job of ${job.tenantId}`);
}
