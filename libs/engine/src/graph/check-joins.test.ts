import { files, type JobBuilder, type KeyedStream } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { checkDefinition } from './check-definition.js';
import { aJob, input, toOut, type Build } from './testing/run-job.js';

interface Row {
  readonly k: string;
  readonly t: number;
}

const keyed = (job: JobBuilder): KeyedStream<string, Row> =>
  input<Row>(job).eventTime('time', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
const select = (): number => 1;

function reasonsOf(build: Build): readonly string[] {
  const checked = checkDefinition(aJob(build));
  if (checked.outcome === 'valid') return [];
  return checked.problems.map(({ params }) => ('reason' in params ? params.reason : JSON.stringify(params)));
}

const withTable =
  (options: { readonly [name: string]: unknown }): Build =>
  (job) => {
    const table = job.table('rows', files<Row>({ path: 'rows' }), { key: 'k' });
    input<Row>(job)
      .lookup('lookup', table, options as never)
      .to('out', toOut);
  };

it.each<[what: string, build: Build, reason: string]>([
  [
    'a join within an interval that is no duration',
    (job) => {
      keyed(job)
        .join('join', keyed2(job), { within: { before: 'soon', after: 0 }, select })
        .to('out', toOut);
    },
    'the "within" of a join must be { before, after } as durations',
  ],
  [
    'a join of windows without length',
    (job) => {
      keyed(job).join('join', keyed2(job), { window: 0, select }).to('out', toOut);
    },
    'the window of a join must be a duration of at least 1 ms',
  ],
  [
    'a cogroup of windows without length',
    (job) => {
      keyed(job)
        .cogroup('join', keyed2(job), { window: 'x' }, () => [])
        .to('out', toOut);
    },
    'the window of a cogroup must be a duration of at least 1 ms',
  ],
  [
    'a join of an unknown type',
    (job) => {
      keyed(job)
        .join('join', keyed2(job), { window: 5, type: 'outer' as 'full', select })
        .to('out', toOut);
    },
    'the type of a join must be "inner", "left", "right" or "full"',
  ],
  [
    'a bound that bounds nothing',
    (job) => {
      keyed(job).join('join', keyed2(job), { window: 5, rowsPerKeyMax: 0, select }).to('out', toOut);
    },
    'rowsPerKeyMax must be a whole number from 1 to 1000000',
  ],
  [
    'a join with a stream that has no event time',
    (job) => {
      keyed(job)
        .join('join', job.source('other', files<Row>({ path: 'b' })).keyBy('k'), { window: 5, select })
        .to('out', toOut);
    },
    'the windowJoin works in event time: put eventTime(…) before it, in each of its streams',
  ],
  [
    'a join with a stream that has no keys',
    (job) => {
      const other = job.source('other', files<Row>({ path: 'b' }));
      const timed = other.eventTime('time-2', { timestamp: 't', outOfOrderness: 0 });
      keyed(job)
        .join('join', timed as never, { within: { before: 0, after: 0 }, select })
        .to('out', toOut);
    },
    'the intervalJoin needs a stream of [key, value]',
  ],
  [
    'a table that is none',
    (job) => {
      const rows = keyed(job);
      input2(job)
        .lookup('lookup', { rows } as never, { key: 'k', select })
        .to('out', toOut);
    },
    'the table of a lookup must be one that job.table(…) made',
  ],
  ['a lookup without a key', withTable({ select }), 'the key of a lookup must be the name of a field or a function'],
  [
    'a lookup of an unknown type',
    withTable({ key: 'k', select, type: 'full' }),
    'the type of a lookup must be "inner" or "left"',
  ],
  [
    'a broadcast that begins with nothing',
    (job) => {
      const rows = input<Row>(job);
      rows
        .withBroadcast('state', rows, { initial: undefined, update: (state) => state, apply: () => [] })
        .to('out', toOut);
    },
    'the "initial" of withBroadcast must be plain JSON',
  ],
  [
    'a split without branches',
    (job) => {
      input<Row>(job).split('parts', {});
      input2(job).to('out', toOut);
    },
    'a split needs 1 to 100 branches',
  ],
  [
    'a dedupe without a time',
    (job) => {
      input<Row>(job).dedupe('first', { by: 'k', within: 'x', time: 'processing' }).to('out', toOut);
    },
    'the "within" of dedupe must be a duration',
  ],
  [
    'a dedupe by nothing',
    (job) => {
      input<Row>(job)
        .dedupe('first', { by: 7 as never, within: 1, time: 'processing' })
        .to('out', toOut);
    },
    'the dedupe needs a function as its "by"',
  ],
  [
    'a dedupe in event time that there is none of',
    (job) => {
      input<Row>(job).dedupe('first', { by: 'k', within: '1 h' }).to('out', toOut);
    },
    'the dedupe works in event time: put eventTime(…) before it',
  ],
  [
    'a dedupe in a time of its own',
    (job) => {
      input<Row>(job)
        .dedupe('first', { by: 'k', within: 1, time: 'lunch' as 'event' })
        .to('out', toOut);
    },
    'the time of dedupe must be "event" or "processing"',
  ],
  [
    'the first 0',
    (job) => {
      input<Row>(job).keyBy('k').topN('top', 0, { by: 't' }).to('out', toOut);
    },
    'topN keeps a whole number of values from 1 to 1000',
  ],
  [
    'an order that is none',
    (job) => {
      input<Row>(job)
        .keyBy('k')
        .topN('top', 1, { by: 't', order: 'up' as 'asc' })
        .to('out', toOut);
    },
    'the order of topN must be "desc" or "asc"',
  ],
  [
    'an output that nothing has',
    (job) => {
      input<Row>(job)
        .map((row) => row)
        .output('late')
        .to('out', toOut);
    },
    'the map has no output "late"',
  ],
])('refuses %s', (_what, build, reason) => {
  expect(reasonsOf(build)).toContainEqual(expect.stringContaining(reason));
});

it('says what of a join gives its state its meaning', () => {
  const checked = checkDefinition(
    aJob((job) => {
      const [left, right] = [keyed(job), keyed2(job)];
      left.join('near', right, { within: { before: 1, after: '1 s' }, type: 'left', select }).to('near-out', toOut);
      left.join('same', right, { window: '1 min', select }).to('same-out', toOut);
      left.topN('top', 3, { by: 't' }).to('top-out', toOut);
    }),
  );
  expect(checked).toMatchObject({
    manifest: {
      shapes: {
        near: { kind: 'intervalJoin', parameters: { type: 'left', beforeMs: 1, afterMs: 1_000 } },
        same: { kind: 'windowJoin', parameters: { type: 'inner', windowMs: 60_000 } },
        top: { parameters: { n: 3, order: 'desc' } },
      },
    },
  });
});

function input2(job: JobBuilder) {
  return job.source('in-2', files<Row>({ path: 'in-2' }));
}

function keyed2(job: JobBuilder): KeyedStream<string, Row> {
  return input2(job).eventTime('time-2', { timestamp: 't', outOfOrderness: 0 }).keyBy('k');
}
