import { defineJob, files, toLog } from '@tidemark/streams';

const options = { path: 'flights', compression: 'gzip' };

export default defineJob({ name: 'unknown-option', batchInterval: '1 s' }, (job) => {
  job.source('flights', files(options)).to('out', toLog());
});
