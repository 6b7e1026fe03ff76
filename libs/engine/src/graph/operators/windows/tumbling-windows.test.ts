import { files, sum, tumbling } from '@tidemark/streams';
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
