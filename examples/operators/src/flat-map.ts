import { defineJob, files, toFiles } from '@tidemark/streams';

/** The words of lines: none, one or many for each line. */
export default defineJob({ name: 'flat-map', batchInterval: '1 s' }, (job) => {
  job
    .source('lines', files({ path: 'lines', format: 'text' }))
    .flatMap((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
    .to('words', toFiles({ path: 'words' }));
});
