import { defineJob, files, toFiles } from '@tidemark/streams';

interface Payment {
  readonly order: string;
  readonly state: 'placed' | 'paid';
  readonly atMs: number;
}

interface Reminder {
  readonly order: string;
  readonly placedMs: number;
}

const MINUTE_MS = 60_000;
const WITHIN_MS = 30 * MINUTE_MS;

/** Orders that nobody has paid for within half an hour, once each; what was paid without an order goes elsewhere. */
export default defineJob({ name: 'process', batchInterval: '1 s' }, (job) => {
  const reminders = job
    .source('payments', files<Payment>({ path: 'payments' }))
    .eventTime('paid-at', { timestamp: 'atMs', outOfOrderness: '1 min' })
    .keyBy('order')
    .process<Reminder, { placedMs: number | null }>('reminders', {
      state: { placedMs: null },
      outputs: ['strays'],
      ttl: { after: '2 d', time: 'event' },
      onRecord: (payment, { state, timers, timeMs, output }) => {
        const placedMs = state.get('placedMs');
        if (payment.state === 'placed') {
          state.set('placedMs', timeMs);
          timers.eventTime(timeMs + WITHIN_MS);
        } else if (placedMs === null) {
          output('strays', payment);
        } else {
          timers.deleteEventTime(placedMs + WITHIN_MS);
          state.clear();
        }
      },
      onTimer: (timeMs, _kind, { key, state, emit }) => {
        emit({ order: key, placedMs: state.get('placedMs') ?? timeMs });
      },
    });

  reminders.map(([, reminder]) => reminder).to('out', toFiles({ path: 'reminders' }));
  reminders
    .output<readonly [string, Payment]>('strays')
    .map(([order]) => ({ order }))
    .to('strays', toFiles({ path: 'strays' }));
});
