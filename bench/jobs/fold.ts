import { defineJob } from '@tidemark/streams';
import { z } from 'zod';
import { event, events, output, timing } from './events.js';

const state = z.object({ count: z.number(), sum: z.number(), last: z.number() });

export default defineJob({ name: 'fold', ...timing }, (job) => {
  job
    .source('events', events, { schema: event.pick({ user: true, value: true, ts: true }) })
    .keyBy('user')
    .fold('totals', {
      initial: { count: 0, sum: 0, last: 0 },
      schema: state,
      fold: (totals, { value, ts }) => {
        totals.count += 1;
        totals.sum += value;
        if (ts > totals.last) totals.last = ts;
        return totals;
      },
    })
    .to('out', output);
});
