import { defineJob, files, toFiles } from '@tidemark/streams';

/** Folders, set by the test. */
declare const IN: string;
declare const OUT: string;

/** Counts what it reads by the name that each record has. */
export default defineJob({ name: OUT, batchInterval: '200 ms' }, (job) => {
  job
    .source('notes', files<{ readonly name: string }>({ path: IN }))
    .keyBy(({ name }) => name)
    .updateStateByKey('tallies', (notes, count: number | undefined) => (count ?? 0) + notes.length)
    .map(([name, count]) => ({ name, count }))
    .to('out', toFiles({ path: OUT }));
});
