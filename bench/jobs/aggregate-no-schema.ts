import { count, defineJob, sum } from '@tidemark/streams';
import { events, output, timing } from './events.js';

/** aggregate.ts, whose source declares nothing: each record is parsed as a whole. */
export default defineJob({ name: 'aggregate-no-schema', ...timing }, (job) => {
  job
    .source('events', events)
    .keyBy('user')
    .aggregate('totals', { count: count(), sum: sum('value') })
    .to('out', output);
});
