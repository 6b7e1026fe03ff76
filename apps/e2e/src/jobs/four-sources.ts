import { count, defineJob, files, max, mean, min, rate, socket, sum, toFiles } from '@tidemark/streams';

/** Set by the test: what is kept. States of two of these forms do not fit each other; `none` keeps nothing. */
declare const FORM: 'none' | 'sums' | 'means';
/** Set by the test: the length of a window beside it. */
declare const WINDOW: string;
declare const PORT: number;

/** The `number`th record of one partition of a source, from 1. */
export interface Numbered {
  readonly from: string;
  readonly number: number;
}

/** What is kept of a partition. */
export interface Kept {
  readonly from: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

const FIGURES = { first: min<Numbered>('number'), last: max<Numbered>('number'), count: count() };

/** Every record of two sources of files, one that makes its records, and a socket; and figures of each partition. */
export default defineJob({ name: 'four-sources', batchInterval: 100 }, (job) => {
  const records = job
    .source('left', files<Numbered>({ path: 'left' }))
    .union(job.source('right', files<Numbered>({ path: 'right' })))
    .union(
      job.source('made', rate({ recordsPerSecond: 200 })).map(({ value }) => ({ from: 'made', number: value + 1 })),
    )
    .union(
      job
        .source('lines', socket({ host: '127.0.0.1', port: PORT }))
        .map((line) => ({ from: 'lines', number: Number(line.replace('line ', '')) + 1 })),
    );
  records.to('each-out', toFiles({ path: 'each' }));
  if (FORM === 'none') return;

  const keyed = records.keyBy('from');
  const kept =
    FORM === 'sums'
      ? keyed.aggregate('kept', { ...FIGURES, total: sum<Numbered>('number') })
      : keyed.aggregate('kept', { ...FIGURES, total: mean<Numbered>('number') });
  kept.map(([from, figures]) => ({ from, ...figures })).to('kept-out', toFiles({ path: 'kept' }));

  keyed
    .mapValues(() => 1)
    .reduceByKeyAndWindow('recent', { window: WINDOW, slide: '1 s', reduce: (a, b) => a + b })
    .map(([from, records]) => ({ from, records }))
    .to('recent-out', toFiles({ path: 'recent' }));
});
