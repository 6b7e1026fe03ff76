import { defineJob } from '@tidemark/streams';
import { timing } from './events.js';
import { slidingSum } from './sliding.js';

/** No window ends within the input: what is left is what reading, and keeping the panes, takes. */
export default defineJob({ name: 'sliding-sum-open', ...timing }, (job) => slidingSum(job, { outOfOrderness: '1 h' }));
