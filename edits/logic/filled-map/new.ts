import { defineJob, files, toFiles } from '@tidemark/streams';

interface Sale {
  readonly shop: string;
  readonly amount: number;
}

/** Sums in other units. */
const summed =
  (factor: number) =>
  (sum: number, { amount }: Sale): number =>
    sum + factor * amount;

const RATES = new Map<string, number>();
RATES.set('net', 0.79);
RATES.set('gross', 1);

export default defineJob({ name: 'sums', batchInterval: '1 s' }, (job) => {
  const sales = job.source('sales', files<Sale>({ path: 'sales' })).keyBy('shop');
  sales.fold('cents', { initial: 0, fold: summed(100) }).to('cents-out', toFiles({ path: 'cents' }));
  sales.fold('euros', { initial: 0, fold: summed(1) }).to('euros-out', toFiles({ path: 'euros' }));
  for (const kind of ['net', 'gross']) {
    sales
      .mapValues(({ amount }) => amount * (RATES.get(kind) ?? 1))
      .reduceByKey((a, b) => a + b)
      .to(kind, toFiles({ path: kind }));
  }
});
