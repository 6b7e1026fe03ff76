import { max, sum, variance } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runJob } from '../../testing/run-job.js';
import { batchesOf, itHoldsToTheModel, jobOf, rounded, total, varianceOf, type Way } from './testing/hold-to-model.js';
import { modelOf, type Event, type Rules } from './testing/model.js';

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

it('puts the variance of sliding windows together from their panes', async () => {
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

const KEYS = 30;

/** Late records among many others: so few that their keys alone are put right. */
const someLate = fc.array(fc.record({ key: fc.nat(KEYS), back: fc.integer({ min: 1, max: 9 }), v: fc.nat(99) }), {
  maxLength: 12,
});

it('takes a few late records into windows of many keys as if they had come in time, whatever is restored', async () => {
  const rules: Rules = {
    windows: { kind: 'sliding', sizeMs: 8, slideMs: 2, offsetMs: 1 },
    latenessMs: 0,
    outOfOrdernessMs: 0,
  };
  const figures: Way = {
    make: (windowed) => windowed.aggregate('windows', { variance: variance<Event>('v'), max: max<Event>('v') }),
    expected: total,
  };
  await fc.assert(
    fc.asyncProperty(someLate, fc.integer({ min: 1, max: 11 }), async (late, restoreBefore) => {
      const events = Array.from({ length: 12 }, (_, index) => {
        const t = 20 + 2 * index;
        // Not all keys have records at all times, and the last one has none but late ones.
        const inTime = Array.from({ length: KEYS }, (_, key) => ({ k: `k${key}`, t, v: (key * 7 + index * 13) % 17 }));
        const after = late[index];
        const one = after === undefined ? [] : [{ k: `k${after.key}`, t: t - after.back, v: after.v }];
        return [...inTime.filter((_, key) => (key + index) % 3 > 0), ...one];
      });
      const straight = await runJob(jobOf(rules, figures), batchesOf(events));
      const withoutLastDigits = straight.map((rows) =>
        rows.map((row) => {
          const [key, startMs, endMs, value] = row as readonly [
            string,
            number,
            number,
            { variance: number; max: number },
          ];
          return JSON.stringify([key, startMs, endMs, rounded(value.variance), value.max]);
        }),
      );
      const expected = modelOf(rules, events).map(({ results }) =>
        results.map(({ key, startMs, endMs, values }) =>
          JSON.stringify([key, startMs, endMs, rounded(varianceOf(values)), Math.max(...values)]),
        ),
      );
      expect(withoutLastDigits.map((rows) => [...rows].sort())).toEqual(expected.map((rows) => [...rows].sort()));
      expect(await runJob(jobOf(rules, figures), batchesOf(events), { restoreBefore })).toEqual(straight);
    }),
    { numRuns: 15 },
  );
});
