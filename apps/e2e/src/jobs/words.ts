import { defineJob, socket, toFiles } from '@tidemark/streams';

/** Set by the test. */
declare const PORT: number;

export default defineJob({ name: 'words', batchInterval: '200 ms' }, (job) => {
  job
    .source('lines', socket({ host: '127.0.0.1', port: PORT }))
    .flatMap((line) => line.split(' '))
    .keyBy((word) => word)
    .updateStateByKey('counts', (occurrences, count: number | undefined) => (count ?? 0) + occurrences.length)
    .map(([word, count]) => ({ word, count }))
    .to('out', toFiles({ path: 'words' }));
});
