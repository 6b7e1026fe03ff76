// A job with far more keys than it has in memory.
import { defineJob, files, toFiles } from '@tidemark/streams';

/** Set by the test: 1 keeps a number by customer, 2 an object made of it, and 3 cannot make one of the last customer's. */
declare const FORM: 1 | 2 | 3;
declare const LAST: number;

interface Order {
  readonly customer: string;
  readonly number: number;
}

interface Newest {
  readonly newest: number;
}

function newestOf(number: number): Newest {
  if (FORM === 3 && number === LAST) throw new Error('one customer too many');
  return { newest: number };
}

const options = { rowsInMemory: 50 };

export default defineJob({ name: 'spilled', batchInterval: '200 ms' }, (job) => {
  const orders = job
    .source('orders', files<Order>({ path: 'orders' }))
    .keyBy(({ customer }) => customer)
    .mapValues(({ number }) => number);
  const newest =
    FORM === 1
      ? orders
          .updateStateByKey<number>('newest', (numbers) => numbers.at(-1), options)
          .map(([, number]) => ({ number }))
      : orders
          .updateStateByKey<Newest>('newest', (numbers) => newestOf(numbers.at(-1) ?? 0), {
            ...options,
            version: 2,
            migrate: { 1: newestOf },
          })
          .map(([, { newest: number }]) => ({ number }));
  newest.to('out', toFiles({ path: 'out' }));
});
