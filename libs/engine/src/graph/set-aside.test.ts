import { count, files, max, type JobBuilder, type KeyedStream, type Stream } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SET_ASIDE_PER_BATCH_MAX } from '@tidemark/domain';
import type { GraphOutput, GraphRuntime } from '../ports.js';
import { createInProcessGraph } from './in-process-graph.js';
import { aChunk, aJob, blocksOf, input, textBatch, toOut, type Build } from './testing/run-job.js';

interface Row {
  readonly k: string;
  readonly v: number;
}
const rowSchema = z.object({ k: z.string(), v: z.number() });

/** Throws at values of 7 and 8, which have no other fault. */
function strict<T extends Row>(row: T): T {
  if (row.v === 7) throw new Error('seven');
  if (row.v === 8) throw { toString: () => 'eight' };
  return row;
}

const counted = (rows: Stream<Row>): KeyedStream<string, number> =>
  rows.keyBy('k').fold('sums', { initial: 0, fold: (sum, { v }) => sum + v });

/** Ways for a record from its source to where it has an effect, all of which throw before that. */
const WAYS: { readonly [name: string]: (job: JobBuilder) => Pick<Stream<unknown>, 'to'> } = {
  'values as they are': (job) => input<Row>(job).map(strict),
  'values into state': (job) => counted(input<Row>(job).map(strict)),
  'a schema, row by row': (job) =>
    job.source('in', files<Row>({ path: 'in' }), { schema: rowSchema }).filter((row) => strict(row).v >= 0),
  'a schema, in blocks': (job) =>
    job
      .source('in', files<Row>({ path: 'in' }), { schema: rowSchema })
      .keyBy('k')
      .mapValues(strict)
      .fold('sums', { initial: 0, fold: (sum, { v }) => sum + v }),
  'state that is not in memory': (job) =>
    input<Row>(job)
      .map(strict)
      .keyBy(({ k }) => k)
      .aggregate('sums', { n: count(), top: max(({ v }: Row) => v) }, { rowsInMemory: 2 }),
};

const aGood = fc
  .record({ k: fc.constantFrom('a', 'b', 'ü', 'a key of more than sixteen bytes'), v: fc.integer({ min: 0, max: 6 }) })
  .map((row) => JSON.stringify(row));
const aThrowing = fc.constantFrom('{"k":"a","v":7}', '{"k":"ü","v":8}');
const aLine = fc.oneof(
  { weight: 10, arbitrary: aGood },
  { weight: 1, arbitrary: fc.constantFrom('', ' ') },
  { weight: 2, arbitrary: aThrowing },
  { weight: 1, arbitrary: fc.constantFrom('{"k":', 'no JSON', '\ufeff1') },
);
const someBatches = fc.array(fc.array(aLine, { maxLength: 300, size: 'max' }), { minLength: 1, maxLength: 3 });

const isPoison = (line: string): boolean => {
  if (line.trim() === '') return false;
  try {
    return (JSON.parse(line) as Row).v > 6;
  } catch {
    return true;
  }
};
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

async function stateOf(graph: GraphRuntime): Promise<readonly string[]> {
  return (await blocksOf(await graph.snapshot('full'))).map(({ bytes }) => decoder.decode(bytes));
}

const outOf = ({ sinks }: GraphOutput): string => decoder.decode(sinks.get('out')?.bytes);

describe.each(Object.entries(WAYS))('a job that sets records aside (%s)', (_name, way) => {
  const build: Build = (job) => {
    way(job).to('out', toOut);
  };

  it('does with the others what it does without those, and names each of those once', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, async (batches) => {
        const all = createInProcessGraph(aJob(build, { poison: 'dead_letter' }));
        const good = createInProcessGraph(aJob(build));
        for (const [index, lines] of batches.entries()) {
          const [batchId, timeMs] = [index + 1, 1_000 * (index + 1)];
          const output = await all.run(textBatch(batchId, timeMs, text(lines)));
          const expected = await good.run(textBatch(batchId, timeMs, text(lines.filter((line) => !isPoison(line)))));

          expect(outOf(output)).toBe(outOf(expected));
          const poison = lines.filter(isPoison);
          expect((output.setAside ?? []).map(({ bytes }) => decoder.decode(bytes))).toEqual(poison);
          expect(output.recordsIn).toBe(expected.recordsIn + poison.length);
          expect(output.recordsSkipped).toBe(0);
        }
        expect(await stateOf(all)).toEqual(await stateOf(good));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a record that is set aside', () => {
  const throwing: Build = (job) => {
    input<Row>(job).map(strict).to('out', toOut);
  };

  it('is named with its place, and with what is wrong with it', async () => {
    const graph = createInProcessGraph(aJob(throwing, { poison: 'dead_letter' }));
    const chunks = [
      aChunk('{"v":7}\n{"v":1}', { partition: 'one', range: { from: 100, to: 115 } }),
      aChunk('{"v":1}\n{"v"\n', { partition: 'two', range: { from: 40, to: 42 }, offsetUnit: 'records' }),
      aChunk('{"v":8}', { partition: 'one', range: { from: 3, to: 4 }, offsetUnit: 'records', timeline: 1 }),
    ];
    const { setAside } = await graph.run({ ...textBatch(1, 1_000, ''), sources: [{ uid: 'in', chunks }] });
    expect(setAside).toMatchObject([
      { source: 'in', partition: 'one', offset: 100, code: 'job_code_threw' },
      { source: 'in', partition: 'two', offset: 41, code: 'record_unreadable' },
      { source: 'in', partition: 'one', offset: 3, timeline: 1, code: 'job_code_threw' },
    ]);
    expect(setAside?.[0]?.reason).toMatch(/^seven \(thrown in map \(.*\) at .*set-aside.test.ts:\d+:\d+\)$/);
  });

  it('may be one that is read again under the policy "skip", which passes over all others that cannot be read', async () => {
    const chunks = [
      aChunk('{"v":1}\n', { range: { from: 5, to: 6 }, offsetUnit: 'records', timeline: 1 }),
      aChunk('{"v"\n', { range: { from: 7, to: 8 }, offsetUnit: 'records', timeline: 1 }),
      aChunk('{"v"\n{"v":2}\n', { range: { from: 0, to: 13 } }),
    ];
    const batch = { ...textBatch(1, 1_000, ''), sources: [{ uid: 'in', chunks }] };
    const output = await createInProcessGraph(aJob(throwing, { poison: 'skip' })).run(batch);
    expect(output.setAside).toMatchObject([{ offset: 7, timeline: 1, code: 'record_unreadable' }]);
    expect([output.recordsIn, output.recordsSkipped, outOf(output)]).toEqual([4, 1, '{"v":1}\n{"v":2}\n']);
    await expect(createInProcessGraph(aJob(throwing)).run(batch)).rejects.toMatchObject({
      code: 'record_unreadable',
      params: { offset: 7 },
    });
  });

  it('is named with the field that does not fit the schema', async () => {
    const graph = createInProcessGraph(
      aJob(
        (job) => {
          job.source('in', files<Row>({ path: 'in' }), { schema: rowSchema }).to('out', toOut);
        },
        { poison: 'dead_letter' },
      ),
    );
    const { setAside } = await graph.run(textBatch(1, 1_000, '{"k":"a","v":"1"}\n'));
    expect(setAside).toMatchObject([{ code: 'record_unreadable', reason: expect.stringMatching(/\bv\b/) as string }]);
  });

  // What has happened to a record behind these cannot be taken back within the batch.
  it.each<readonly [string, Build]>([
    [
      'in state',
      (job) =>
        input<Row>(job)
          .keyBy('k')
          .fold('sums', { initial: 0, fold: (sum, row) => sum + strict(row).v })
          .to('out', toOut),
    ],
    [
      'beside a sink',
      (job) => {
        const rows = input<Row>(job);
        rows.to('all', toOut);
        rows.map(strict).to('out', toOut);
      },
    ],
    [
      'among rows that it has become',
      (job) =>
        input<Row>(job)
          .flatMap((row) => [{ ...row, v: 0 }, row])
          .map(strict)
          .to('out', toOut),
    ],
    [
      'in a generator',
      (job) =>
        input<Row>(job)
          .flatMap(function* (row) {
            yield { ...row, v: 0 };
            yield strict(row);
          })
          .to('out', toOut),
    ],
    [
      'in a sink',
      (job) =>
        input<Row>(job)
          .map((row) => ({ toJSON: () => strict(row) }))
          .to('out', toOut),
    ],
  ])('is not one at which the code throws %s: the batch fails, and says which record it was', async (_name, build) => {
    const graph = createInProcessGraph(aJob(build, { poison: 'dead_letter' }));
    await expect(graph.run(textBatch(1, 1_000, '{"k":"a","v":1}\n{"k":"b","v":7}\n'))).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { position: { source: 'in', partition: 'part', offset: 16 } },
    });
  });

  it('is none at which the code throws at the end of a batch: the batch fails, and names no record', async () => {
    const behind: Build = (job) => {
      counted(input<Row>(job))
        .map(([k, v]) => strict({ k, v }))
        .to('out', toOut);
    };
    const graph = createInProcessGraph(aJob(behind, { poison: 'dead_letter' }));
    const failed = graph.run(textBatch(1, 1_000, '{"k":"a","v":7}\n'));
    await expect(failed).rejects.toMatchObject({ code: 'job_code_threw' });
    await expect(failed).rejects.not.toHaveProperty('params.position');
  });

  it('is one of so many at most', async () => {
    const graph = createInProcessGraph(aJob(throwing, { poison: 'dead_letter' }));
    const { setAside } = await graph.run(textBatch(1, 1_000, '{"v":7}\n'.repeat(SET_ASIDE_PER_BATCH_MAX)));
    expect(setAside).toHaveLength(SET_ASIDE_PER_BATCH_MAX);
    await expect(graph.run(textBatch(2, 2_000, '{"v":7}\n'.repeat(SET_ASIDE_PER_BATCH_MAX + 1)))).rejects.toMatchObject(
      { code: 'too_many_dead_letters', params: { batchId: 2, last: 'in/part@16000: seven' } },
    );
  });
});
