import { defineJob, rate, toFiles, toLog } from '@tidemark/streams';

/** Set by the test: the job's name, and its folder. */
declare const NAME: string;

/** Every number once, and how many there have been by remainder. */
export default defineJob({ name: NAME, batchInterval: '100 ms' }, (job) => {
  const numbers = job.source('numbers', rate({ recordsPerSecond: 200 }));
  numbers.map(({ value }) => ({ value })).to('out', toFiles({ path: `${NAME}/out` }));
  numbers.map(({ value }) => value).to('shown', toLog({ rowsPerBatch: 100 }));
  numbers
    .keyBy(({ value }) => value % 3)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .map(([remainder, count]) => ({ remainder, count }))
    .to('totals', toFiles({ path: `${NAME}/counts` }));
});
