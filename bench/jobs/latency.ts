import { defineJob, files } from '@tidemark/streams';
import { event, output, type Event } from './events.js';

/**
 * Every record goes out, in batches of 10 ms, while bench/lib/write-live.mjs appends 10,000 records a second. Batches this
 * small cost the same whatever they read: to read less would not hold them to their interval.
 */
export default defineJob({ name: 'latency', batchInterval: '10 ms', backPressure: false }, (job) => {
  job
    .source('live', files<Event>({ path: 'bench/live' }), { schema: event })
    .map(({ user, value, ts }) => ({ user, value, ts }))
    .to('out', output);
});
