import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';

const CHANNELS: ReadonlyMap<string, string> = new Map([
  ['apple', '0'],
  ['google', '1'],
  ['facebook', '2'],
  ['baidu', '3'],
]);

/** The id of the channel of each bid; bids that have none are left out. */
export default defineJob({ name: 'nexmark-q21', trigger: 'available-now' }, (job) => {
  bids(job)
    .flatMap(({ auction, bidder, price, channel, url }) => {
      const channelId = CHANNELS.get(channel.toLowerCase()) ?? /(?:&|^)channel_id=([^&]*)/.exec(url)?.[1];
      return channelId === undefined ? [] : [{ auction, bidder, price, channel, channelId }];
    })
    .to('rows', toFiles({ path: 'nexmark-rows/q21' }));
});
