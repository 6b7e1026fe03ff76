import type { GraphInput } from '@tidemark/engine';
import { expect, it } from 'vitest';
import { aRecordedJob, JOB } from '../testing/recorded-job.js';
import type { BatchRun } from './bundle-runtime.js';
import { runBoth } from './run-both.js';

/** A bundle that takes one record in each batch, and remembers which batches it was run with. */
function aBundle(): { readonly ran: number[]; readonly run: (input: GraphInput) => Promise<BatchRun> } {
  const ran: number[] = [];
  return {
    ran,
    run: async ({ batchId }) => {
      ran.push(batchId);
      return { output: { recordsIn: 1, sinks: new Map() }, log: [] } as unknown as BatchRun;
    },
  };
}

it('passes over batches that cannot be run again, with both bundles, and tells which and why', async () => {
  const { service } = aRecordedJob({ newest: 6, filled: [1, 2, 3, 4, 5, 6], setAside: [3], redriven: [5] });
  const [before, after] = [aBundle(), aBundle()];
  const { recordsIn, passedOver, failure } = await runBoth(service, JOB, [2, 3, 4, 5, 6], { before, after });
  expect([before.ran, after.ran]).toEqual([
    [2, 4, 6],
    [2, 4, 6],
  ]);
  expect([recordsIn, failure]).toEqual([3, null]);
  const reason = 'has set records aside or read some again that had been';
  expect(passedOver).toEqual([
    { batchId: 3, reason },
    { batchId: 5, reason },
  ]);
});

it('ends where an input is gone, which is no batch to pass over', async () => {
  const { service } = aRecordedJob({ newest: 6, filled: [2] });
  const gone = { ...service, recordings: { batchInput: () => Promise.reject(new Error('gone')) } } as never;
  await expect(runBoth(gone, JOB, [2], { before: aBundle(), after: aBundle() })).rejects.toThrow('gone');
});
