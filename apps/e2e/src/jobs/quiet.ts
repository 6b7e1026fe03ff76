import { defineJob, files, toFiles } from '@tidemark/streams';

/** Set by the test. */
declare const FOLDER: string;

interface Payment {
  readonly account: string;
  readonly amount: number;
}

/** Sums payments by account, sets negative ones aside, and has batches also when nothing is paid: its windows go on. */
export default defineJob({ name: FOLDER, batchInterval: 200, poison: 'dead_letter' }, (job) => {
  const payments = job
    .source('payments', files<Payment>({ path: `${FOLDER}/in` }))
    .map((payment) => {
      if (payment.amount < 0) throw new RangeError(`${payment.amount} is negative`);
      return payment;
    })
    .keyBy(({ account }) => account)
    .mapValues(({ amount }) => amount);

  payments
    .updateStateByKey('sums', (amounts, sum: number | undefined) =>
      amounts.reduce((whole, amount) => whole + amount, sum ?? 0),
    )
    .map(([account, sum]) => ({ account, sum }))
    .to('out', toFiles({ path: `${FOLDER}/out` }));

  payments
    .reduceByKeyAndWindow('recent', { window: '1 s', slide: 200, reduce: (a, b) => a + b })
    .map(([account, recent]) => ({ account, recent }))
    .to('recent-out', toFiles({ path: `${FOLDER}/recent` }));
});
