import { defineJob, socket, toFiles, toLog } from '@tidemark/streams';

export default defineJob({ name: 'word-count', batchInterval: '1 s' }, (job) => {
  const counts = job
    .source('lines', socket({ host: '127.0.0.1', port: 9999 }))
    .flatMap((line) => line.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [])
    .keyBy((word) => word.slice(0, 20))
    .updateStateByKey('counts', (occurrences, count: number | undefined) => (count ?? 0) + occurrences.length)
    .map(([word, count]) => ({ word, count }));

  counts.to('files', toFiles({ path: 'word-count' }));
  counts.to('log', toLog());
});
