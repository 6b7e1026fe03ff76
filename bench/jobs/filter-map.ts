import { defineJob } from '@tidemark/streams';
import { event, events, output, timing } from './events.js';

export default defineJob({ name: 'filter-map', ...timing }, (job) => {
  job
    .source('events', events, { schema: event.pick({ user: true, type: true, value: true, ts: true }) })
    .filter(({ type }) => type === 'click')
    .map(({ user, value, ts }) => ({ user, value: value * 2, ts }))
    .to('out', output);
});
