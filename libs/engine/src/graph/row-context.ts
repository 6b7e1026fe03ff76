import type { WindowContext } from '@tidemark/streams';

/**
 * What the job's callbacks are told. Rows of one window share one context object, and so do a batch's other rows: keyed
 * operators take the rows of each context for a batch of their own.
 */
export type RowContext =
  { readonly batchId: number; readonly batchTimeMs: number; readonly windowEndMs?: undefined } | WindowContext;
