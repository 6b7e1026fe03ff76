import { defineJob, files, toFiles, type JobOptions } from '@tidemark/streams';

/** `skip`, `skip-back`, or a trigger. */
declare const FLOW: string;

const OPTIONS: { readonly [flow: string]: JobOptions } = {
  skip: { name: 'clicks-skip', batchInterval: '50 ms', downtime: 'skip' },
  'skip-back': { name: 'clicks-skip-back', batchInterval: '50 ms', downtime: 'skip' },
  asap: { name: 'clicks-asap', trigger: 'asap' },
  'available-now': { name: 'clicks-available-now', trigger: 'available-now' },
};

/** Counts clicks for each page, at most 300 a batch. */
export default defineJob(OPTIONS[FLOW] ?? { name: 'clicks', batchInterval: '50 ms' }, (job) => {
  job
    .source('clicks', files<{ page: string }>({ path: `clicks-${FLOW}`, maxRecordsPerBatch: 300 }))
    .keyBy(({ page }) => page)
    .updateStateByKey('by-page', (values, count: number | undefined) => (count ?? 0) + values.length)
    .map(([page, clicks]) => ({ page, clicks }))
    .to('counts', toFiles({ path: `counts-${FLOW}` }));
});
