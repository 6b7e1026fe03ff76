import { defineJob, files, toPostgres } from '@tidemark/streams';

interface Numbered {
  readonly number: number;
  readonly padding: string;
}

/** Every number once into a table, over a connection that a test makes slow. */
export default defineJob({ name: 'slow', batchInterval: '200 ms' }, (job) => {
  job
    .source('numbers', files<Numbered>({ path: 'slow' }))
    .map(({ number, padding }) => ({ number, word: padding.slice(0, 100) }))
    .to('rows', toPostgres({ connection: 'slow', table: 'slow', columns: { number: 'integer', word: 'text' } }));
});
