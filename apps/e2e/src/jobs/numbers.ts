import { defineJob, rate, toLog, toPostgres } from '@tidemark/streams';

interface Sum {
  readonly numbers: number;
  readonly total: number;
}

/** Every number once into one table, and sums of them into another. */
export default defineJob({ name: 'numbers', batchInterval: '200 ms' }, (job) => {
  const numbers = job.source('numbers', rate({ recordsPerSecond: 500 })).map(({ value }) => value);

  const rows = numbers.map((value, { batchId }) => ({ value, batch: batchId }));
  rows.to(
    'rows',
    toPostgres({ connection: 'local', table: 'numbers', columns: { value: 'integer', batch: 'integer' } }),
  );
  rows.to('log', toLog({ rowsPerBatch: 2 }));

  numbers
    .keyBy((value) => value % 7)
    .updateStateByKey('sums', (values, sum: Sum | undefined) => ({
      numbers: (sum?.numbers ?? 0) + values.length,
      total: values.reduce((total, value) => total + value, sum?.total ?? 0),
    }))
    .map(([remainder, sum]) => ({ remainder, ...sum }))
    .to(
      'latest',
      toPostgres({
        connection: 'local',
        table: 'sums',
        columns: { remainder: 'integer', numbers: 'integer', total: 'bigint' },
        mode: 'upsert',
        key: ['remainder'],
      }),
    );
});
