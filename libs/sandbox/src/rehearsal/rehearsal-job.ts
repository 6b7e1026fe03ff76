import { count, defineJob, files, max, mean, sum, toLog, tumbling } from '@tidemark/streams';
import { z } from 'zod';

const click = z.object({ user: z.string(), page: z.string(), value: z.number(), at: z.number() });

/** Does what most jobs do, so that what most jobs need of the guest has been compiled. */
export default defineJob({ name: 'rehearsal', batchInterval: '1 s' }, (job) => {
  const clicks = job
    .source('clicks', files<z.infer<typeof click>>({ path: 'clicks' }), { schema: click })
    .eventTime('time', { timestamp: 'at', outOfOrderness: '1 s' })
    .filter(({ value }) => value >= 0)
    .map((click) => ({ ...click, page: click.page.toLowerCase() }));
  const users = clicks.keyBy('user');
  users
    .aggregate('totals', { count: count(), sum: sum('value'), highest: max('value'), mean: mean('value') })
    .map(([user, figures]) => ({ user, ...figures }))
    .to('totals-out', toLog());
  users.updateStateByKey<number>('last', (values, last) => values.at(-1)?.at ?? last ?? 0).to('last-out', toLog());
  users
    .windowBy(tumbling('10 s'))
    .aggregate('minutes', { sum: sum('value') })
    .map(([user, { sum }], { windowEndMs }) => ({ user, windowEndMs, sum }))
    .to('minutes-out', toLog());
});
