import { defineJob, files, toFiles } from '@tidemark/streams';

interface Sale {
  readonly product: string;
  readonly pieces: number;
}

interface Product {
  readonly id: string;
  readonly price: number;
  readonly discontinued?: boolean;
}

/** What each sale was worth, at the price that its product has at the time. */
export default defineJob({ name: 'lookup', batchInterval: '1 s' }, (job) => {
  const products = job.table('products', files<Product>({ path: 'products' }), {
    key: 'id',
    delete: ({ discontinued, price }) => discontinued || price === 0,
  });

  job
    .source('sales', files<Sale>({ path: 'sales' }))
    .lookup('prices', products, {
      key: 'product',
      select: ({ product, pieces }, found) => ({ product, worth: found === undefined ? null : found.price * pieces }),
    })
    .to('out', toFiles({ path: 'worth' }));
});
