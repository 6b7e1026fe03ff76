import { defineJob, files, toFiles } from '@tidemark/streams';

interface Order {
  readonly order: string;
  readonly amount: number;
  readonly orderedMs: number;
}

interface Payment {
  readonly order: string;
  readonly paidMs: number;
}

/** Orders with their payments, which may come up to a minute after them; and orders that nobody has paid by then. */
export default defineJob({ name: 'join', batchInterval: '1 s' }, (job) => {
  const orders = job
    .source('orders', files<Order>({ path: 'orders' }))
    .eventTime('ordered', { timestamp: 'orderedMs', outOfOrderness: '5 s', idleAfter: '1 min' })
    .keyBy('order');
  const payments = job
    .source('payments', files<Payment>({ path: 'payments' }))
    .eventTime('paid', { timestamp: 'paidMs', outOfOrderness: '5 s', idleAfter: '1 min' })
    .keyBy('order');

  const paid = orders.join('payments-of-orders', payments, {
    within: { before: 0, after: '1 min' },
    type: 'left',
    select: ({ amount, orderedMs }, payment, order) => ({
      order,
      amount,
      tookMs: payment === undefined ? null : payment.paidMs - orderedMs,
    }),
  });
  paid.map(([, row]) => row).to('out', toFiles({ path: 'paid' }));
  paid.output('late-left').to('late', toFiles({ path: 'late-orders' }));
});
