import { defineJob } from '@tidemark/streams';
import { timing } from './events.js';
import { slidingSum } from './sliding.js';

export default defineJob({ name: 'sliding-sum', ...timing }, (job) => slidingSum(job, { outOfOrderness: '5 s' }));
