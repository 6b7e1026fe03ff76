import { defineJob, toFiles } from '@tidemark/streams';
import { bids } from './auction-site.js';

/** Bids between 1,000,000 and 50,000,000 euro cents, with the time of day and how many letters c they have. */
export default defineJob({ name: 'nexmark-q14', trigger: 'available-now' }, (job) => {
  bids(job)
    .map(({ auction, bidder, price, dateTime, extra }) => ({
      auction,
      bidder,
      price: (price * 908) / 1000,
      bidTimeType: timeOfDay(new Date(dateTime).getUTCHours()),
      dateTime,
      extra,
      cCount: extra.split('c').length - 1,
    }))
    .filter(({ price }) => price > 1_000_000 && price < 50_000_000)
    .to('rows', toFiles({ path: 'nexmark-rows/q14' }));
});

function timeOfDay(hour: number): string {
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime';
}
