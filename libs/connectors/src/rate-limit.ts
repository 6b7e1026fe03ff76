import { BATCH_BYTES_MAX, type PlanRequest } from '@tidemark/engine';
import { z } from 'zod';

export const RECORDS_PER_SECOND_MAX = 1_000_000;
export const DEFAULT_BYTES_PER_BATCH = 8 * 1024 * 1024;

export const recordsPerSecond = z.number().positive().max(RECORDS_PER_SECOND_MAX);

/** What every source lets a job say about how much a batch may read of it. */
export const sourceLimits = {
  recordsPerSecond: recordsPerSecond.optional(),
  maxRecordsPerBatch: z.int().positive().optional(),
  maxBytesPerBatch: z.int().positive().max(BATCH_BYTES_MAX).optional(),
};

export interface SourceLimits {
  readonly recordsPerSecond?: number | undefined;
  readonly maxRecordsPerBatch?: number | undefined;
  readonly maxBytesPerBatch?: number | undefined;
}

/** What one batch may read: the least of what the source's options, the job's other sources and back-pressure leave. */
export function allowance(limits: SourceLimits, request: PlanRequest): { records: number; bytes: number } {
  const { recordsPerSecond: perSecond, maxRecordsPerBatch = Infinity, maxBytesPerBatch } = limits;
  const inTime = perSecond === undefined ? Infinity : recordsInBatch(perSecond, request);
  return {
    records: Math.min(inTime, maxRecordsPerBatch),
    bytes: Math.min(maxBytesPerBatch ?? DEFAULT_BYTES_PER_BATCH, request.bytesMax),
  };
}

/**
 * How many records a batch may take at `perSecond`: those whose moment lies in the time up to the batch's. Follows from
 * that time alone, so a rate below one record a batch still comes true over time, and what one batch leaves is not owed
 * by the next.
 */
export function recordsInBatch(
  perSecond: number,
  batch: { readonly batchTimeMs: number; readonly intervalMs: number },
): number {
  const perMs = Math.floor(perSecond / 1_000);
  // Only the rest is multiplied by the time: the whole product would exceed what a double holds exactly.
  const rest = perSecond - perMs * 1_000;
  const upTo = (timeMs: number): number => Math.floor((rest * timeMs) / 1_000);
  return perMs * batch.intervalMs + upTo(batch.batchTimeMs) - upTo(batch.batchTimeMs - batch.intervalMs);
}
