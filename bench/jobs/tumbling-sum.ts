import { defineJob, sum, tumbling } from '@tidemark/streams';
import { event, events, eventTime, output, timing } from './events.js';

export default defineJob({ name: 'tumbling-sum', ...timing }, (job) => {
  job
    .source('events', events, { schema: event })
    .eventTime('time', eventTime)
    .keyBy('user')
    .windowBy(tumbling('60 s'))
    .aggregate('sums', { sum: sum('value') })
    .map(([user, totals], { windowEndMs }) => ({ user, windowEndMs, sum: totals.sum }))
    .to('out', output);
});
