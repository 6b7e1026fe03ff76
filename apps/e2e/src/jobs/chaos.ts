// The jobs of `npm run verify:chaos`. What each of them must write is said a second time, without Tidemark, in
// chaos/reducers.ts.
import {
  defineJob,
  files,
  toFiles,
  toPostgres,
  tumbling,
  type JobBuilder,
  type KeyedStream,
  type Stream,
} from '@tidemark/streams';
import type { InputRecord } from '../chaos/inputs.js';

/** Set by the driver: which of the jobs, the folder that it reads, its own folder and the prefix of its tables. */
declare const SHAPE: 'echo' | 'counts' | 'fold' | 'windows' | 'sides';
declare const INPUT: string;
declare const NAME: string;
/** Of the state that the job keeps. There are no steps from one to another, so another one does not fit. */
declare const FORM: number;
/** Changes nothing but the code. */
declare const REVISION: number;

interface Figures {
  readonly count: number;
  readonly sum: number;
  /** Depends on the order of all records of the key, for each side. */
  readonly left: number;
  readonly right: number;
}

const NONE: Figures = { count: 0, sum: 0, left: 0, right: 0 };
const CHAIN_MAX = 1_000_003;

const link = (chain: number, number: number): number => (chain * 31 + number) % CHAIN_MAX;

const add = ({ count, sum, left, right }: Figures, { side, number, value }: InputRecord): Figures => ({
  count: count + 1,
  sum: sum + value,
  left: side === 'left' ? link(left, number) : left,
  right: side === 'right' ? link(right, number) : right,
});

const source = (job: JobBuilder, side: 'left' | 'right'): Stream<InputRecord> =>
  job.source(side, files<InputRecord>({ path: `${INPUT}/${side}` }));

const table = (name: string) => `${NAME}_${name}`.replaceAll('-', '_');

function write(figures: KeyedStream<string, Figures>): void {
  figures.map(([key, all]) => ({ key, ...all, revision: REVISION })).to('out', toFiles({ path: `${NAME}/out` }));
}

/** Each record to two sinks, one of which shows again what a rollback takes back. */
function echo(job: JobBuilder): void {
  const records = source(job, 'left');
  records
    .map(({ partition, number, key, value }) => ({ partition, number, key, value, revision: REVISION }))
    .to('out', toFiles({ path: `${NAME}/out` }));
  records
    .map(({ partition, number }) => ({ partition, number }))
    .to(
      'rows',
      toPostgres({
        connection: 'warehouse',
        table: table('rows'),
        columns: { partition: 'text', number: 'integer' },
      }),
    );
}

/** Figures of each key, and the newest of them in a table. */
function counts(job: JobBuilder): void {
  const figures = source(job, 'left')
    .keyBy(({ key }) => key)
    .updateStateByKey('figures', (news, known: Figures | undefined) => news.reduce(add, known ?? NONE));
  write(figures);
  figures
    .map(([key, all]) => ({ key, ...all }))
    .to(
      'newest',
      toPostgres({
        connection: 'warehouse',
        table: table('newest'),
        columns: { key: 'text', count: 'integer', sum: 'bigint', left: 'integer', right: 'integer' },
        mode: 'upsert',
        key: ['key'],
      }),
    );
}

function fold(job: JobBuilder): void {
  write(
    source(job, 'left')
      .keyBy(({ key }) => key)
      .fold('figures', { version: FORM, initial: NONE, fold: add }),
  );
}

function sides(job: JobBuilder): void {
  write(
    source(job, 'left')
      .union(source(job, 'right'))
      .keyBy(({ key }) => key)
      .fold('figures', { version: FORM, initial: NONE, fold: add }),
  );
}

function windows(job: JobBuilder): void {
  source(job, 'left')
    .eventTime('times', { timestamp: ({ timeMs }) => timeMs, outOfOrderness: '5 s' })
    .keyBy(({ key }) => key)
    .windowBy(tumbling('1 s'))
    .fold('figures', { initial: NONE, fold: add })
    .map(([key, all], { windowStartMs }) => ({ key, windowStartMs, ...all, revision: REVISION }))
    .to('out', toFiles({ path: `${NAME}/out` }));
}

const SHAPES = { echo, counts, fold, windows, sides };

export default defineJob({ name: NAME, batchInterval: '200 ms', backPressure: false }, (job) => {
  SHAPES[SHAPE](job);
});
