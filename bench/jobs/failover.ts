import { count, defineJob, files, sum, toFiles } from '@tidemark/streams';
import { event, type Event } from './events.js';

/** State of as many keys as the input has, and a row for each key of a batch, so that what was done twice would show. */
export default defineJob({ name: 'failover', batchInterval: '500 ms' }, (job) => {
  job
    .source('events', files<Event>({ path: 'bench/failover', maxBytesPerBatch: 32 * 1024 * 1024 }), { schema: event })
    .keyBy('user')
    .aggregate('totals', { count: count(), sum: sum('value') })
    .map(([user, { count, sum }]) => ({ user, count, sum }))
    .to('out', toFiles({ path: 'bench/failover-out' }));
});
