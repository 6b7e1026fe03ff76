import { defineJob, socket, toFiles, toLog } from '@tidemark/streams';

export default defineJob({ name: 'word-count', batchInterval: '1 s' }, (job) => {
  const lines = job.source('lines', socket({ host: '127.0.0.1', port: 9999 }));
  const words = lines.flatMap((line) => line.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []);
  const byWord = words.keyBy((word) => word);
  const counted = byWord.updateStateByKey(
    'counts',
    (occurrences, count: number | undefined) => (count ?? 0) + occurrences.length,
  );
  const rows = counted.map(([word, count]) => ({ word, count }));
  rows.to('log', toLog());
  rows.to('files', toFiles({ path: 'word-count' }));
});
