import type { Checkpoint } from '@tidemark/sdk';
import { describe, expect, it } from 'vitest';
import { aRecordedJob, JOB } from '../testing/recorded-job.js';
import { findBase } from './find-base.js';

const at = (...batchIds: readonly number[]): readonly Checkpoint[] =>
  batchIds.map((batchId) => ({ id: `ckp_${batchId}`, batchId }) as Checkpoint);

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('what a bundle is checked with', () => {
  it('is the newest checkpoint with batches that have read something, on a job that idles', async () => {
    const { service } = aRecordedJob({ newest: 380, filled: [322, 341, 342] });
    const base = await findBase(service, JOB, at(372, 350, 340, 330, 310), 8);
    expect(base).toMatchObject({ checkpoint: { batchId: 340 }, batches: range(341, 348) });
  });

  it('goes on to the first batch that has read something, however far after its checkpoint', async () => {
    const { service } = aRecordedJob({ newest: 380, filled: [341] });
    const base = await findBase(service, JOB, at(372, 310), 8);
    expect(base).toMatchObject({ checkpoint: { batchId: 310 }, batches: range(311, 341) });
  });

  it('is the beginning of a job that has read nothing since', async () => {
    const { service } = aRecordedJob({ newest: 40, filled: [2], from: 'beginning' });
    const base = await findBase(service, JOB, at(30, 20), 5);
    expect(base).toMatchObject({ checkpoint: undefined, batches: range(1, 5) });
  });

  it('lists no more of the job than it needs', async () => {
    const { service, listed } = aRecordedJob({ newest: 380, filled: range(300, 380) });
    await findBase(service, JOB, at(372, 350, 340), 8);
    expect(listed()).toBe(8);
  });

  it('is not batches which are all known to have set records aside, or turn out to have read such again', async () => {
    const { service } = aRecordedJob({ newest: 60, filled: [22, 31, 42, 51], setAside: [51], redriven: [42, 31] });
    const base = await findBase(service, JOB, at(50, 40, 30, 20), 10);
    expect(base).toMatchObject({ checkpoint: { batchId: 20 }, batches: range(21, 30) });
  });

  it('is nothing where no batch has read anything, which is told with what else can be done', async () => {
    const { service } = aRecordedJob({ newest: 60, filled: [] });
    await expect(findBase(service, JOB, at(50, 40), 10)).rejects.toThrow(
      /of the 60 batches that are kept on timeline 1, none .* has read a record\. Try again .* --verdicts-only/,
    );
    const poisoned = aRecordedJob({ newest: 60, filled: [45, 52], setAside: [52], redriven: [45] });
    await expect(findBase(poisoned.service, JOB, at(50, 40), 10)).rejects.toThrow(
      /Passed over: 2 that .* --verdicts-only/,
    );
  });

  it('is nothing where no checkpoint serves', async () => {
    const { service } = aRecordedJob({ newest: 60, filled: [45] });
    await expect(findBase(service, JOB, [], 10)).rejects.toThrow(/Nothing of flights can be run again/);
  });
});
