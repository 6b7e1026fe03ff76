import { z } from 'zod';

export const RECORDS_PER_SECOND_MAX = 1_000_000;

export const recordsPerSecond = z.number().positive().max(RECORDS_PER_SECOND_MAX);

/**
 * How many records a batch may take at `perSecond`. Follows from the batch's place on the interval grid alone, so a
 * rate below one record a batch still comes true over time, and what one batch leaves is not owed by the next.
 */
export function recordsInBatch(
  perSecond: number,
  batch: { readonly batchTimeMs: number; readonly intervalMs: number },
): number {
  const perBatch = (perSecond * batch.intervalMs) / 1000;
  const whole = Math.floor(perBatch);
  // Only the fraction is multiplied by the tick: the whole product would exceed what a double holds exactly.
  const fraction = perBatch - whole;
  const tick = Math.floor(batch.batchTimeMs / batch.intervalMs);
  return whole + Math.floor((tick + 1) * fraction) - Math.floor(tick * fraction);
}
