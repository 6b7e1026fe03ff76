import { defineJob, files, session, toFiles } from '@tidemark/streams';

interface Click {
  readonly user: string;
  readonly at: number;
  readonly page: string;
}

/** Visits: the pages that a user looked at without a pause of half an hour. */
export default defineJob({ name: 'session-windows', batchInterval: '1 s' }, (job) => {
  job
    .source('clicks', files<Click>({ path: 'clicks' }))
    .eventTime('time', { timestamp: 'at', outOfOrderness: '10 s' })
    .keyBy('user')
    .windowBy(session('30 min'))
    .fold('visits', {
      initial: { pages: 0, last: '' },
      fold: (visit, { page }) => ({ pages: visit.pages + 1, last: page }),
      merge: (earlier, later) => ({ pages: earlier.pages + later.pages, last: later.last }),
    })
    .map(([user, visit], { windowStartMs }) => ({ user, since: windowStartMs, ...visit }))
    .to('out', toFiles({ path: 'visits' }));
});
