import { everyCount, files, sum, tumbling, type WindowByOptions } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aJob, runJob, runOverDeltas, toOut } from '../../testing/run-job.js';
import { batchesOf, itHoldsToTheModel, timed } from './testing/hold-to-model.js';
import type { Event } from './testing/model.js';

describe('tumbling windows', () => {
  itHoldsToTheModel('tumbling');
});

const schema = z.object({ k: z.string(), t: z.number(), v: z.number() });

it('gives late records whole, also those of which the job otherwise looks at single fields', async () => {
  const job = () =>
    aJob((builder) => {
      const results = builder
        .source('in', files<Event>({ path: 'in' }), { schema })
        .eventTime('time', { timestamp: 't', outOfOrderness: 0 })
        .keyBy('k')
        .windowBy(tumbling(10))
        .aggregate('windows', { sum: sum<Event>('v') });
      results.to('out', toOut);
      results.late().to('late', toOut);
    });
  const batches = batchesOf([[{ k: 'a', t: 1, v: 2 }], [{ k: 'ä"', t: 12, v: 3 }], [{ k: 'ä"', t: 5, v: 4 }]]);
  expect(await runJob(job, batches, { sinks: ['out', 'late'] })).toEqual([
    [],
    [['a', { sum: 2 }]],
    [['ä"', { k: 'ä"', t: 5, v: 4 }]],
  ]);
});

it('gives the code of a job records that it may change while a snapshot of them is handed out', async () => {
  const job = () =>
    aJob((builder) => {
      timed(builder, 0)
        .windowBy(tumbling(10))
        .process('windows', (_, records) => [(records as unknown[]).splice(0).length])
        .to('out', toOut);
    });
  const batches = batchesOf([
    [
      { k: 'a', t: 1, v: 1 },
      { k: 'a', t: 2, v: 1 },
    ],
    [{ k: 'a', t: 12, v: 1 }],
  ]);
  expect(await runOverDeltas(job, batches, { restoreBefore: 1, snapshotAfter: [] })).toEqual([[], [['a', 2]]]);
});

describe('a state of a window with a schema', () => {
  const visit = z.object({ pages: z.number(), seen: z.array(z.string()), last: z.string().optional() });
  type Visit = z.infer<typeof visit>;
  const job =
    (fold: (state: Visit, event: Event) => unknown, options: WindowByOptions = {}) =>
    () =>
      aJob((builder) => {
        timed(builder, 0)
          .windowBy(tumbling(10), options)
          .fold('windows', { initial: { pages: 0, seen: [] }, schema: visit, fold: fold as (state: Visit) => Visit })
          .to('out', toOut);
      });
  const events = [1, 2, 3, 4].map((t) => ({ k: 'a', t, v: t }));

  it('is refused where it does not fit, by the name of its member', async () => {
    const run = (state: unknown) =>
      runJob(
        job(() => state),
        batchesOf([events]),
      );
    await expect(run({ pages: 'one', seen: [] })).rejects.toThrow(
      `the state's "pages" is of type string, which its schema`,
    );
    await expect(run({ pages: 1 })).rejects.toThrow(`the state's "seen" is undefined, which its schema does not allow`);
    await expect(run(undefined)).rejects.toThrow('the state is undefined, which its schema does not allow');
    await expect(run({ pages: 1, seen: [() => 1] })).rejects.toMatchObject({ code: 'state_not_json' });
  });

  it('is taken out by a trigger as it is then, and begins anew where results are discarded', async () => {
    const count = (state: Visit, { v }: Event): Visit => {
      state.seen.push(String(v));
      return { ...state, pages: state.pages + 1, last: v % 2 === 0 ? undefined : `v${v}` };
    };
    const options = { trigger: everyCount(3), afterResult: 'discard' } as const;
    const batches = batchesOf([events, [{ k: 'a', t: 5, v: 5 }], [{ k: 'a', t: 12, v: 6 }]]);
    const expected = [
      [['a', { pages: 3, seen: ['1', '2', '3'], last: 'v3' }]],
      [],
      [['a', { pages: 2, seen: ['4', '5'], last: 'v5' }]],
    ];
    expect(await runJob(job(count, options), batches)).toEqual(expected);
    expect(await runJob(job(count, options), batches, { restoreBefore: 1 })).toEqual(expected);
  });
});
