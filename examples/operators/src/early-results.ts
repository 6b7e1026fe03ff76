import { defineJob, every, files, toFiles, tumbling } from '@tidemark/streams';

interface Bid {
  readonly auction: number;
  readonly at: number;
  readonly cents: number;
}

/** The highest bids of each hour: how it stands every ten seconds, and the final word at the hour's end. */
export default defineJob({ name: 'early-results', batchInterval: '1 s' }, (job) => {
  job
    .source('bids', files<Bid>({ path: 'bids' }))
    .eventTime('time', { timestamp: 'at', outOfOrderness: '5 s' })
    .keyBy('auction')
    .windowBy(tumbling('1 h'), { trigger: every('10 s') })
    .reduce('highest', (a, b) => (b.cents > a.cents ? b : a))
    .map(([auction, { cents }], { windowEndMs }) => ({ auction, hour: windowEndMs, cents }))
    .to('out', toFiles({ path: 'highest' }));
});
