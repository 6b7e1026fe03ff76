import { count, max, sliding, sum, tumbling, type JobBuilder, type Stream } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createInProcessGraph } from '../graph/in-process-graph.js';
import { aJob, input, rowsOf, textBatch, toOut } from '../graph/testing/run-job.js';
import { files } from '@tidemark/streams';

interface Row {
  readonly k: string;
  readonly v: number;
  readonly at: number;
  readonly on: boolean;
  readonly note?: string | undefined;
}
const rowSchema = z.object({
  k: z.string(),
  v: z.number(),
  at: z.number(),
  on: z.boolean(),
  note: z.string().optional(),
});

type Chain = (rows: Stream<Row>) => void;

/** Operators with a table by key, and what stands between them and the source. */
const CHAINS: { readonly [name: string]: Chain } = {
  'an aggregate': (rows) => {
    rows
      .keyBy('k')
      .aggregate('totals', { n: count(), sum: sum('v'), most: max('v') })
      .to('out', toOut);
  },
  'an aggregate behind a filter that looks at every field': (rows) => {
    rows
      .filter(({ on, note, v }) => on || note === 'x' || v > 5)
      .keyBy('k')
      .aggregate('totals', { n: count() })
      .to('out', toOut);
  },
  'a fold that forgets keys': (rows) => {
    rows
      .keyBy('k')
      .fold('folded', {
        initial: { sum: 0, notes: '' },
        fold: (state, row) => (row.v === 7 ? undefined : { sum: state.sum + row.v, notes: row.note ?? state.notes }),
      })
      .to('out', toOut);
  },
  'states by key': (rows) => {
    rows
      .keyBy('k')
      .updateStateByKey('states', (values, state: number | undefined) => {
        const next = (state ?? 0) + values.length;
        return next > 9 ? undefined : next;
      })
      .to('out', toOut);
  },
  'windows of three rows, which give ids free in the middle of a batch': (rows) => {
    rows
      .keyBy('k')
      .countWindow('threes', { size: 3, aggregate: { n: count(), sum: sum('v') } })
      .to('out', toOut);
  },
  'tumbling windows': (rows) => {
    rows
      .eventTime('time', { timestamp: 'at', outOfOrderness: '1 s' })
      .keyBy('k')
      .windowBy(tumbling('3 s'))
      .aggregate('sums', { sum: sum('v') })
      .to('out', toOut);
  },
  'sliding windows': (rows) => {
    rows
      .eventTime('time', { timestamp: 'at', outOfOrderness: '1 s' })
      .keyBy('k')
      .windowBy(sliding('4 s', '2 s'))
      .aggregate('sums', { sum: sum('v') })
      .to('out', toOut);
  },
  'two tables with the same key': (rows) => {
    const keyed = rows.keyBy('k');
    keyed.aggregate('totals', { n: count() }).to('out', toOut);
    keyed.aggregate('sums', { sum: sum('v') }).to('sums-out', toOut);
  },
};

const someKey = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 40 }).map((n) => `k${n}`) },
  { weight: 2, arbitrary: fc.constantFrom('', 'a', 'kö', 'k"1', 'k\\', 'a key of sixteen bytes or more', '𝄞') },
);
const someRow = fc.record<Row>({
  k: someKey,
  v: fc.integer({ min: 0, max: 9 }),
  at: fc.nat({ max: 12 }).map((n) => 1_000 * n),
  on: fc.boolean(),
  note: fc.option(fc.constantFrom('x', 'ü'), { nil: undefined }),
});
/** As it is, with every character of the strings escaped, blank, or no row at all. */
const someLine = fc.oneof(
  { weight: 30, arbitrary: someRow.map((row) => JSON.stringify(row)) },
  {
    weight: 3,
    arbitrary: someRow.map((row) => JSON.stringify({ ...row, k: undefined }).replace('{', `{"k":"${escaped(row.k)}",`)),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '  ', '{"k":1}', 'no JSON', '{"k":"k1","v":"1"}') },
);
// More rows than a block has, often enough.
const someBatches = fc.array(fc.array(someLine, { maxLength: 400, size: 'max' }), { minLength: 1, maxLength: 3 });

const escaped = (text: string): string =>
  [...Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))]
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');

describe.each(Object.entries(CHAINS))('%s', (_name, chain) => {
  it('gives the same in blocks of rows as row by row', async () => {
    const job = (source: (job: JobBuilder) => Stream<Row>) =>
      aJob((builder) => chain(source(builder)), { poison: 'skip' });
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const inBlocks = createInProcessGraph(
          job((builder) => builder.source('in', files<Row>({ path: 'in' }), { schema: rowSchema })),
        );
        const byRow = createInProcessGraph(job((builder) => input<Row>(builder).filter(isRow)));
        for (const [index, lines] of batches.entries()) {
          const batch = textBatch(index + 1, 1_000 * (index + 1), lines.map((line) => `${line}\n`).join(''));
          expect(await rowsOf(inBlocks, batch)).toEqual(await rowsOf(byRow, batch));
        }
      }),
      { numRuns: 60 },
    );
  });
});

const isRow = (value: unknown): boolean => rowSchema.safeParse(value).success;
