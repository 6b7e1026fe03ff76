import { defineJob, files, toFiles } from '@tidemark/streams';
import { levelFor, Level } from './levels';
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
const AWAY_MS = 30 * DAY_MS;
const FRESH: Customer = { orders: 0, spent: 0, level: Level.Bronze, lastAt: 0 };

/** Whether a customer has been away for so long that the level is lost. */
function hasReturned({ lastAt }: Customer, order: Order): boolean {
  return lastAt > 0 && order.at - lastAt > AWAY_MS;
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

const kindsIn = (items: readonly string[]): number => {
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
      initial: FRESH,
      fold: (customer, order) => {
        const spent = hasReturned(customer, order) ? 0 : customer.spent;
        const total = spent + toEuros(order.amount, order.currency);
        return { orders: customer.orders + 1, spent: total, level: levelFor(total), lastAt: order.at };
      },
    })
    .map(([customer, { orders, spent, level }]) => ({ customer, orders, spent, level: Level[level] }))
    .to('levels', toFiles({ path: 'levels' }));

  orders
    .keyBy('currency')
    .updateStateByKey<number>('variety', (values, most = 0) => {
      const counts = values.map(({ items }) => kindsIn(items));
      return Math.max(most, ...counts);
    })
    .to('varieties', toFiles({ path: 'varieties' }));
});
