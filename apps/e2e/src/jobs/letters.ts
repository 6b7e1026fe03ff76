import { defineJob, files, toFiles } from '@tidemark/streams';

/** Set by the test. */
declare const FOLDER: string;
declare const POISON: 'fail' | 'skip';

interface Letter {
  readonly letter: string;
}

/** Counts letters. Its input and its output are in folders named by the test. */
export default defineJob({ name: FOLDER, batchInterval: '200 ms', poison: POISON }, (job) => {
  job
    .source('letters', files<Letter>({ path: `${FOLDER}/in` }))
    .keyBy(({ letter }) => letter)
    .updateStateByKey('counts', (values, count: number | undefined) => (count ?? 0) + values.length)
    .map(([letter, count]) => ({ letter, count }))
    .to('out', toFiles({ path: `${FOLDER}/out` }));
});
