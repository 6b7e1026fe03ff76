import { defineJob, everyCount, files, globalWindow, toFiles } from '@tidemark/streams';

interface Trade {
  readonly symbol: string;
  readonly price: number;
}

/** The span of prices of every hundred trades of a symbol: windows by number instead of time. */
export default defineJob({ name: 'global-window', batchInterval: '1 s' }, (job) => {
  job
    .source('trades', files<Trade>({ path: 'trades' }))
    .keyBy('symbol')
    .windowBy(globalWindow(), { trigger: everyCount(100), afterResult: 'discard' })
    .process('hundreds', (symbol, trades) => {
      const prices = trades.map(({ price }) => price);
      return [{ symbol, lowest: Math.min(...prices), highest: Math.max(...prices) }];
    })
    .map(([, span]) => span)
    .to('out', toFiles({ path: 'spans' }));
});
