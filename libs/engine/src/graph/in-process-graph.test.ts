import { defineJob, files, toFiles } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { createInProcessGraph } from './in-process-graph.js';

it('smoke', async () => {
  const job = defineJob({ name: 'a', batchInterval: '1 s' }, (job) => {
    const s = job.source('in', files<{ k: string; v: number }>({ path: 'x' }));
    const k = s.keyBy((r) => r.k).mapValues((r) => r.v);
    k.updateStateByKey<number>('sum', (values, state = 0) => values.reduce((a, b) => a + b, state)).to(
      'sums',
      toFiles({ path: 'y' }),
    );
    k.reduceByKeyAndWindow('win', { window: '2 s', slide: '1 s', reduce: (a, b) => a + b, inverse: (a, b) => a - b })
      .map(([key, v], c) => ({ key, v, e: c.windowEndMs }))
      .to('wins', toFiles({ path: 'z' }));
  });
  expect(job.nodes[0]?.at).toMatch(/in-process-graph.test.ts/);
  const g = createInProcessGraph(job);
  for (let b = 1; b < 5; b += 1) {
    const text = b < 3 ? `{"k":"a","v":${b}}\n{"k":"b","v":1}\n` : '';
    const out = await g.run({
      timeline: 1,
      batchId: b,
      batchTimeMs: b * 1000,
      sources: [
        {
          uid: 'in',
          chunks: [
            {
              partition: 'p',
              range: { from: 0, to: text.length },
              offsetUnit: 'bytes',
              bytes: new TextEncoder().encode(text),
            },
          ],
        },
      ],
    });
    console.log(
      b,
      [...out.sinks].map(([u, o]) => [u, new TextDecoder().decode(o.bytes)]),
      out.stateKeys,
    );
    console.log(await g.snapshot());
  }
});
