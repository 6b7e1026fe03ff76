import { files, sum, tumbling } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aJob, runJob, toOut } from '../../testing/run-job.js';
import { batchesOf, itHoldsToTheModel } from './testing/hold-to-model.js';
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
