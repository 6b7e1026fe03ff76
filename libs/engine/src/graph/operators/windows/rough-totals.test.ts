import { count, mean, sliding, sum } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aJob, runJob, toOut } from '../../testing/run-job.js';
import { batchesOf, timed } from './testing/hold-to-model.js';
import type { Event } from './testing/model.js';

const SIZE_MS = 6;
const SLIDE_MS = 2;

const job = (rules: { readonly outOfOrderness?: number; readonly allowedLateness?: number } = {}) =>
  aJob((builder) => {
    timed(builder, rules.outOfOrderness ?? 0)
      .windowBy(sliding(SIZE_MS, SLIDE_MS), { allowedLateness: rules.allowedLateness ?? 0 })
      .aggregate('sums', { sum: sum<Event>('v'), mean: mean<Event>('v'), count: count() })
      .map(([key, figures], { windowStartMs }) => [key, windowStartMs, figures])
      .to('out', toOut);
  });

const HUGE = [2 ** 53, -(2 ** 53), 2 ** 53 - 1, 2 ** 60, -(2 ** 60), 1e300, -1e300, 1.7e308, -1.7e308];
const aWholeNumber = fc.integer({ min: -9, max: 9 });
const aHugeNumber = fc.constantFrom(...HUGE);
const someSteps = (value: fc.Arbitrary<number>) =>
  fc.array(
    fc.array(fc.record({ k: fc.constantFrom('a', 'b'), step: fc.integer({ min: 0, max: 5 }), v: value }), {
      maxLength: 8,
    }),
    { minLength: 1, maxLength: 8 },
  );

function inOrder(batches: readonly (readonly { readonly k: string; readonly step: number; readonly v: number }[])[]) {
  let t = 0;
  const events = batches.map((batch) => batch.map(({ k, step, v }): Event => ({ k, t: (t += step), v })));
  return [...events, [{ k: 'end', t: t + 100, v: 0 }]];
}

interface Sums {
  readonly sum: number;
  readonly count: number;
}

/** Of each pane in the order of its records, then of the panes of each window, oldest first. By key and start of the window. */
function naiveSums(events: readonly Event[]): ReadonlyMap<string, Sums> {
  const windows = new Map<string, Sums>();
  const last = Math.max(...events.map(({ t }) => t));
  for (const k of new Set(events.map((event) => event.k))) {
    for (let startMs = SLIDE_MS - SIZE_MS; startMs <= last; startMs += SLIDE_MS) {
      let whole: Sums | undefined;
      for (let paneMs = startMs; paneMs < startMs + SIZE_MS; paneMs += SLIDE_MS) {
        const values = events.filter((event) => event.k === k && event.t >= paneMs && event.t < paneMs + SLIDE_MS);
        if (values.length === 0) continue;
        const pane = values.reduce((total, { v }) => total + v, 0);
        whole = { sum: (whole?.sum ?? 0) + pane, count: (whole?.count ?? 0) + values.length };
      }
      if (whole !== undefined) windows.set(`${k}@${startMs}`, whole);
    }
  }
  return windows;
}

type Row = readonly [key: string, startMs: number, figures: Sums & { readonly mean: number }];

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const expectedOf = ({ sum: whole, count: n }: Sums): unknown => asJson({ sum: whole, mean: whole / n, count: n });

describe('sums in sliding windows', () => {
  it('are what their panes add up to, oldest first, whatever has been in the window before', async () => {
    const value = fc.oneof({ weight: 5, arbitrary: aWholeNumber }, { weight: 1, arbitrary: aHugeNumber });
    await fc.assert(
      fc.asyncProperty(someSteps(value), async (steps) => {
        const events = inOrder(steps);
        const expected = naiveSums(events.flat());
        const rows = (await runJob(() => job(), batchesOf(events))).flat() as Row[];
        for (const [key, startMs, figures] of rows) {
          expect(figures).toEqual(expectedOf(expected.get(`${key}@${startMs}`) ?? { sum: NaN, count: 0 }));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are exact again, with late records too, as soon as no pane is past what is exact', async () => {
    const event = fc.record({
      k: fc.constantFrom('a', 'b'),
      t: fc.nat(40),
      v: fc.oneof({ weight: 5, arbitrary: aWholeNumber }, { weight: 1, arbitrary: aHugeNumber }),
    });
    const someBatches = fc.array(fc.array(event, { maxLength: 6 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const events = [...batches, [{ k: 'end', t: 1_000, v: 0 }]];
        const rules = { outOfOrderness: 2, allowedLateness: 1_000_000 };
        const rows = (await runJob(() => job(rules), batchesOf(events))).flat() as Row[];
        const last = new Map(rows.map((row) => [`${row[0]}@${row[1]}`, row]));
        for (const [window, [key, startMs, figures]] of last) {
          const inside = events
            .flat()
            .filter(({ k, t }) => k === key && t >= startMs && t < startMs + SIZE_MS)
            .map(({ v }) => v);
          if (inside.some((v) => Math.abs(v) > 1_000)) continue;
          const whole = { sum: inside.reduce((a, b) => a + b, 0), count: inside.length };
          expect([window, figures]).toEqual([window, expectedOf(whole)]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are the same digits when the job is restored in the middle', async () => {
    const value = fc.oneof(aWholeNumber, aHugeNumber, fc.constantFrom(0.1, 0.2, 1e15 + 0.3));
    const late = fc.integer({ min: -12, max: 6 });
    const steps = fc.array(
      fc.array(fc.record({ k: fc.constantFrom('a', 'b'), step: late, v: value }), { maxLength: 8 }),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(8), fc.array(fc.nat(8)), async (batches, restoreBefore, snapshotsBefore) => {
        let t = 50;
        const events = batches.map((batch) => batch.map(({ k, step, v }): Event => ({ k, t: (t += step), v })));
        const rules = () => job({ outOfOrderness: 1, allowedLateness: 4 });
        const straight = await runJob(rules, batchesOf(events));
        expect(await runJob(rules, batchesOf(events), { restoreBefore, snapshotsBefore })).toEqual(straight);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[string, (key: number) => boolean]>([
    ['one key is', (key) => key === 7],
    ['most keys are', (key) => key !== 7],
  ])('stay right where %s past what is exact', async (_, isHuge) => {
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    const events = Array.from({ length: 12 }, (_, index) =>
      keys.map((k, at): Event => ({ k, t: index * SLIDE_MS, v: index === 2 + (at % 3) && isHuge(at) ? 1e300 : index })),
    );
    const expected = naiveSums(events.flat());
    const rows = (await runJob(() => job(), batchesOf(events))).flat() as Row[];
    expect(rows.length).toBeGreaterThan(400);
    for (const [key, startMs, figures] of rows) {
      expect(figures).toEqual(expectedOf(expected.get(`${key}@${startMs}`) ?? { sum: NaN, count: 0 }));
    }
  });
});
