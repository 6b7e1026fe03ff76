import { defineJob, sliding, sum } from '@tidemark/streams';
import { event, events, eventTime, output, timing } from './events.js';

/** Sixty panes. One user in a hundred goes out: every slide has results of all of them, and a sink is not what is measured. */
export default defineJob({ name: 'sliding-sum', ...timing }, (job) => {
  job
    .source('events', events, { schema: event })
    .eventTime('time', eventTime)
    .keyBy('user')
    .windowBy(sliding('60 s', '1 s'))
    .aggregate('sums', { sum: sum('value') })
    .filter(([user]) => user.endsWith('00'))
    .map(([user, totals], { windowEndMs }) => ({ user, windowEndMs, sum: totals.sum }))
    .to('out', output);
});
