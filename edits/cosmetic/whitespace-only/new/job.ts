import { defineJob, files, toFiles } from '@tidemark/streams';
import { bandOf, Level } from './levels';
import { toEuros } from './vendor/money.js';

interface Order {
  readonly customer: string;
  readonly amount: number;
  readonly currency: string;
  readonly at: number;
  readonly items: readonly string[];
}

interface Customer {
  orders: number;
  spent: number;
  level: Level;
  lastAt: number;
}

const DAY_MS = 24 * 60 * 60_000;
const PAUSE_MS = 30 * DAY_MS;
const NOBODY: Customer = { orders: 0, spent: 0, level: Level.Bronze, lastAt: 0 };

/** Whether a customer has been away for so long that the level is lost. */
function isBack({ lastAt }: Customer, order: Order): boolean {
  return lastAt > 0 && order.at - lastAt > PAUSE_MS;
}

class Basket {
  private readonly kinds = new Set<string>();

  constructor(private readonly sizeMax: number) {}

  add(item: string): this {
    if (this.kinds.size < this.sizeMax) this.kinds.add(item);
    return this;
  }

  get size(): number {
    return this.kinds.size;
  }
}

const variety = (items: readonly string[]): number => {
  const basket = new Basket(50);
  for (const item of items) basket.add(item);
  return basket.size;
};

export default defineJob({ name: 'customers', batchInterval: '1 s' }, (job) => {
  const orders = job
    .source('orders', files<Order>({ path: 'orders' }))
    .filter((order) => order.amount > 0 && order.items.length > 0);

  orders
    .keyBy((order) => order.customer)
    .fold('customers', {
      initial: NOBODY,
      fold: (customer, order) => {
        const spent = isBack(customer, order) ? 0 : customer.spent;
        const total = spent + toEuros(order.amount, order.currency);
        return { orders: customer.orders + 1, spent: total, level: bandOf(total), lastAt: order.at };
      },
    })
    .map(([customer, { orders, spent, level }]) => ({ customer, orders, spent, level: Level[level] }))
    .to('levels', toFiles({ path: 'levels' }));

  orders
    .keyBy('currency')
    .updateStateByKey<number>('variety', (values, most = 0) => {
      const counts = values.map(({ items }) => variety(items));
      return Math.max(most, ...counts);
    })
    .to('varieties', toFiles({ path: 'varieties' }));
});
