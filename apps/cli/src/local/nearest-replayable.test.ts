import { expect, it } from 'vitest';
import { aRecordedJob, JOB } from '../testing/recorded-job.js';
import { cannotReplay } from './nearest-replayable.js';

const reason = 'has set records aside';
const filled = Array.from({ length: 40 }, (_, index) => index + 1);

it('names the batch next to one that cannot be run, from whose checkpoint everything can be', async () => {
  const past = { newest: 40, filled, checkpoints: [30, 20, 10] };
  const early = aRecordedJob({ ...past, setAside: [22] });
  const { message } = await cannotReplay(early.service, { job: JOB, batchId: 22, withheld: 22, reason });
  expect(message).toBe(
    'Batch 22 of flights cannot be run again: it has set records aside. ' +
      'The nearest that can is batch 21: "tidemark replay flights 21 --timeline 1".',
  );
  const late = aRecordedJob({ ...past, setAside: [21], redriven: [31] });
  const wanted = { job: JOB, batchId: 28, withheld: 21, reason, base: { id: 'ckp_20', batchId: 20 } };
  expect((await cannotReplay(late.service, wanted)).message).toBe(
    'Batch 28 of flights cannot be run again: batch 21, between checkpoint ckp_20 and it, has set records aside. ' +
      'The nearest that can is batch 20: "tidemark replay flights 20 --timeline 1".',
  );
});

it('names the command that lists batches, where none can be run', async () => {
  const { service } = aRecordedJob({ newest: 40, filled, setAside: [31], checkpoints: [30] });
  const { message } = await cannotReplay(service, { job: JOB, batchId: 31, withheld: 31, reason });
  expect(message).toContain('"tidemark batches flights --timeline 1" lists those that are kept');
});
