import { defineJob, files, toFiles } from '@tidemark/streams';

interface Order {
  readonly id: string;
  readonly amount: number;
}

/** At every full minute, its orders, with the minute that they came in. */
export default defineJob({ name: 'window', batchInterval: '10 s' }, (job) => {
  job
    .source('orders', files<Order>({ path: 'orders' }))
    .window('minutes', { window: '1 min', slide: '1 min' })
    .map((order, { windowStartMs, windowEndMs }) => ({ ...order, fromMs: windowStartMs, toMs: windowEndMs }))
    .to('out', toFiles({ path: 'minutes' }));
});
