import { defineJob, toFiles } from '@tidemark/streams';
import { auctions, EVENT_TIME, people } from './auction-site.js';

/** Who came and opened an auction within the same 10 seconds: once, however many auctions there are. */
export default defineJob({ name: 'nexmark-q8', trigger: 'available-now' }, (job) => {
  const opened = auctions(job).eventTime('auction-times', EVENT_TIME).keyBy('seller');
  people(job)
    .eventTime('person-times', EVENT_TIME)
    .keyBy('id')
    .cogroup('new-sellers', opened, { window: '10 s' }, (id, came, sells, { windowStartMs }) =>
      sells.length === 0 ? [] : came.map(({ name }) => ({ id, name, windowStartMs })),
    )
    .map(([, row]) => row)
    .to('rows', toFiles({ path: 'nexmark-rows/q8' }));
});
