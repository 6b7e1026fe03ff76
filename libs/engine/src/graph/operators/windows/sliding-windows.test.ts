import { sum, variance } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { runJob } from '../../testing/run-job.js';
import { batchesOf, itHoldsToTheModel, jobOf, total, type Way } from './testing/hold-to-model.js';
import type { Event, Rules } from './testing/model.js';

describe('sliding windows', () => {
  itHoldsToTheModel('sliding');
});

it('slides over figures that are no integers without drifting, and the same when it is restored', async () => {
  const rules: Rules = {
    windows: { kind: 'sliding', sizeMs: 5, slideMs: 1, offsetMs: 0 },
    latenessMs: 0,
    outOfOrdernessMs: 0,
  };
  const way: Way = {
    make: (windowed) => windowed.aggregate('windows', { sum: sum<Event>('v') }),
    expected: (values) => ({ sum: total(values) }),
  };
  const values = [
    1e16, 0.1, 0.2, 0.3, 0.7, -3, 0.1, 0.2, 0.4, 0.9, 0.6, 0.3, 0.1, 0.2, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
  ];
  const batches = batchesOf(values.map((v, t) => [{ k: 'a', t, v }]));
  const straight = await runJob(jobOf(rules, way), batches);
  for (const restoreBefore of batches.keys()) {
    expect(await runJob(jobOf(rules, way), batches, { restoreBefore })).toEqual(straight);
  }
  const last = straight.at(-1)?.[0] as readonly [string, number, number, { readonly sum: number }];
  expect(last[3].sum).toBe(2.5);
});

it('makes the variance of sliding windows anew from their panes', async () => {
  const rules: Rules = {
    windows: { kind: 'sliding', sizeMs: 4, slideMs: 2, offsetMs: 0 },
    latenessMs: 0,
    outOfOrdernessMs: 0,
  };
  const way: Way = {
    make: (windowed) => windowed.aggregate('windows', { variance: variance<Event>('v') }),
    expected: total,
  };
  const batches = batchesOf([[1, 3, 5, 7, 9, 11].map((v, t) => ({ k: 'a', t, v })), [{ k: 'a', t: 20, v: 0 }]]);
  const [, rows] = await runJob(jobOf(rules, way), batches);
  expect(rows).toEqual([
    ['a', 2, 6, { variance: 5 }],
    ['a', 4, 8, { variance: 1 }],
  ]);
});
