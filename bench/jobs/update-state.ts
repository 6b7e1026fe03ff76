import { defineJob } from '@tidemark/streams';
import { event, events, output, timing } from './events.js';

interface Totals {
  readonly count: number;
  readonly sum: number;
}

export default defineJob({ name: 'update-state', ...timing }, (job) => {
  job
    .source('events', events, { schema: event.pick({ user: true, value: true }) })
    .keyBy('user')
    .updateStateByKey('totals', (values, totals: Totals = { count: 0, sum: 0 }) => {
      let { count, sum } = totals;
      for (const { value } of values) {
        count += 1;
        sum += value;
      }
      return { count, sum };
    })
    .to('out', output);
});
