import { DEAD_LETTER_STATUSES, type DeadLetter, type DeadLetterId, type JobId, type TenantId } from '@tidemark/domain';
import { z } from 'zod';

const statuses = z.enum(DEAD_LETTER_STATUSES);

/** A letter as the queries of this folder give it. */
export interface LetterColumns {
  readonly id: string;
  readonly tenant_id: string;
  readonly job_id: string;
  readonly timeline: number;
  readonly batch_id: number;
  readonly source: string;
  readonly partition: string;
  readonly record_offset: number;
  readonly code: string;
  readonly reason: string;
  readonly bytes_total: number;
  readonly is_cut: boolean;
  readonly status: string;
  readonly returns: number;
  readonly redriven_timeline: number | null;
  readonly redriven_batch_id: number | null;
  readonly created_at: Date;
  readonly settled_at: Date | null;
}

export function toDeadLetter(row: LetterColumns): DeadLetter {
  const status = statuses.parse(row.status);
  const { redriven_timeline: timeline, redriven_batch_id: batchId } = row;
  const isRedriven = status === 'redriven' && timeline !== null && batchId !== null;
  const isSettled = status === 'redriven' || status === 'discarded';
  return {
    id: row.id as DeadLetterId,
    tenantId: row.tenant_id as TenantId,
    jobId: row.job_id as JobId,
    timeline: row.timeline,
    batchId: row.batch_id,
    source: row.source,
    partition: row.partition,
    offset: row.record_offset,
    code: row.code,
    reason: row.reason,
    bytesTotal: row.bytes_total,
    isCut: row.is_cut,
    status,
    returns: row.returns,
    redrivenBy: isRedriven ? { timeline, batchId } : undefined,
    createdAt: row.created_at,
    settledAt: isSettled ? (row.settled_at ?? undefined) : undefined,
  };
}
