import { defineJob, files } from '@tidemark/streams';
import { event, eventTime, output, timing, type Event } from './events.js';

export default defineJob({ name: 'interval-join', ...timing }, (job) => {
  const side = (uid: 'left' | 'right') =>
    job
      .source(uid, files<Event>({ path: `bench/${uid}` }), {
        schema: event.pick({ user: true, value: true, ts: true }),
      })
      .eventTime(`${uid}-time`, eventTime)
      .keyBy('user');
  side('left')
    .join('pairs', side('right'), {
      within: { before: '2 s', after: '2 s' },
      select: (left, right) => ({ left: left.value, right: right.value, apartMs: right.ts - left.ts }),
    })
    .to('out', output);
});
