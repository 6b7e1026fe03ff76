import type { ErrorSpec } from './error-spec.js';

/** Of records that the job's code cannot take, and of those that were set aside. */
export const RECORD_ERRORS = {
  job_code_threw: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: {
      reason: string;
      operator: string;
      record?: string;
      /** Where the record stands, where one is known. */
      position?: {
        readonly source: string;
        readonly partition: string;
        readonly offset: number;
        readonly timeline?: number;
      };
      at: string;
      stack?: string;
    }) =>
      `The job's code threw in ${p.operator}: ${p.reason}${p.record === undefined ? '' : ` on record ${p.record}`} (${p.at}).`,
  },
  record_unreadable: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; offset: number; reason: string }) =>
      `Source "${p.source}" has an unreadable record in ${p.partition} at offset ${p.offset}: ${p.reason}. ` +
      'The job\'s poison policy is "fail"; "dead_letter" would keep it and go on, "skip" would only count it.',
  },
  too_many_dead_letters: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { batchId: number; bound: string; last?: string }) =>
      `Batch ${p.batchId} would pass the bound of ${p.bound}` +
      `${p.last === undefined ? '' : `; the last record it would set aside: ${p.last}`}. ` +
      'Mend what produces these records or the code that reads them, re-drive or discard the dead letters that wait, then start the job again.',
  },
  batch_has_dead_letters: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { batch: string }) =>
      `Batch ${p.batch} has set records aside or read some again that had been, so what its sources hold is not what its code was given. Take another batch: "tidemark batches" lists them, with how many records each has set aside.`,
  },
  record_lost_to_code: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { batchId: number; source: string; partition: string; offset: number; reason: string }) =>
      `Batch ${p.batchId} is committed, or a sink has it, with the record at ${p.source}/${p.partition}@${p.offset}, and the code that runs now cannot take it: ` +
      `${p.reason}. It cannot be left out any more. Deploy code that reads this record too, or roll back to a checkpoint.`,
  },
} as const satisfies Record<string, ErrorSpec>;
