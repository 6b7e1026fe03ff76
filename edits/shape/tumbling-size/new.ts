import { count, defineJob, files, sum, toFiles, toLog, tumbling } from '@tidemark/streams';

interface Sale {
  readonly shop: string;
  readonly soldAt: number;
  readonly cents: number;
}

/** What each shop sold in each minute. A sale that arrives more than a minute after its window's end is kept apart. */
export default defineJob({ name: 'tumbling-windows', batchInterval: '1 s' }, (job) => {
  const minutes = job
    .source('sales', files<Sale>({ path: 'sales' }))
    .eventTime('time', { timestamp: 'soldAt', outOfOrderness: '5 s' })
    .keyBy('shop')
    .windowBy(tumbling('5 min'), { allowedLateness: '1 min' })
    .aggregate('minutes', { sales: count(), cents: sum<Sale>('cents') });

  minutes
    .map(([shop, { sales, cents }], { windowStartMs }) => ({ shop, minute: windowStartMs, sales, cents }))
    .to('out', toFiles({ path: 'minutes' }));
  minutes.late().to('late', toLog());
});
