import { defineJob, files, toFiles } from '@tidemark/streams';

interface Payment {
  readonly account: string;
  readonly amount: number;
}

/** Payments by card and by transfer, as one stream. */
export default defineJob({ name: 'union', batchInterval: '1 s' }, (job) => {
  const cards = job.source('cards', files<Payment>({ path: 'cards' }));
  const transfers = job.source('transfers', files<Payment>({ path: 'transfers' }));

  cards
    .union(transfers)
    .keyBy('account')
    .fold('balances', { initial: 0, fold: (balance: number, { amount }) => balance + amount })
    .map(([account, balance]) => ({ account, balance }))
    .to('out', toFiles({ path: 'balances' }));
});
