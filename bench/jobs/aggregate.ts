import { count, defineJob, sum } from '@tidemark/streams';
import { event, events, output, timing } from './events.js';

export default defineJob({ name: 'aggregate', ...timing }, (job) => {
  job
    .source('events', events, { schema: event })
    .keyBy('user')
    .aggregate('totals', { count: count(), sum: sum('value') })
    .to('out', output);
});
