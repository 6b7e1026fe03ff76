import { defineJob, toFiles } from '@tidemark/streams';
import { auctions, EVENT_TIME, EVER, people } from './auction-site.js';

const STATES = ['OR', 'ID', 'CA'];

/** Who is selling in OR, ID or CA in category 10: a join in which either may come first, by any time. */
export default defineJob({ name: 'nexmark-q3', trigger: 'available-now' }, (job) => {
  const sellers = people(job)
    .eventTime('person-times', EVENT_TIME)
    .filter(({ state }) => STATES.includes(state))
    .keyBy('id');
  auctions(job)
    .eventTime('auction-times', EVENT_TIME)
    .filter(({ category }) => category === 10)
    .keyBy('seller')
    .join('sales', sellers, {
      within: { before: EVER, after: EVER },
      select: ({ id }, { name, city, state }) => ({ name, city, state, id }),
    })
    .map(([, row]) => row)
    .to('rows', toFiles({ path: 'nexmark-rows/q3' }));
});
