import { defineJob, files, toFiles } from '@tidemark/streams';

/** Set by the test. */
declare const FOLDER: string;
/** Whether the code takes what it throws at otherwise. */
declare const MENDED: 'yes' | 'no';

interface Payment {
  readonly account: string;
  readonly amount: number;
}

/** In the middle of the state: throws, never ends, or takes all memory. */
function misbehave(amount: number): void {
  if (amount === 13) throw new Error('unlucky');
  const hoard: number[][] = [];
  while (amount === 14 || amount === 15) if (amount === 15) hoard.push(new Array<number>(1_000_000).fill(hoard.length));
}

/** Sums payments by account. Negative ones it throws at before they have had any effect, others end their batch. */
export default defineJob({ name: FOLDER, batchInterval: '200 ms', poison: 'dead_letter' }, (job) => {
  job
    .source('payments', files<Payment>({ path: `${FOLDER}/in` }))
    .map((payment) => {
      if (MENDED === 'no' && payment.amount < 0) throw new RangeError(`${payment.amount} is negative`);
      return payment;
    })
    .keyBy(({ account }) => account)
    .fold('sums', {
      initial: { sum: 0, count: 0 },
      fold: ({ sum, count }, { amount }) => {
        if (MENDED === 'no') misbehave(amount);
        return { sum: sum + amount, count: count + 1 };
      },
    })
    .map(([account, { sum, count }]) => ({ account, sum, count }))
    .to('out', toFiles({ path: `${FOLDER}/out` }));
});
