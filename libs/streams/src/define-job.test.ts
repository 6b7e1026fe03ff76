import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { files, rate, socket, toFiles, toLog, toPostgres } from './connectors.js';
import { defineJob } from './define-job.js';
import { milliseconds } from './duration.js';
import type { WindowContext } from './context.js';
import type { KeyedStream } from './stream.js';

describe('defineJob', () => {
  it('writes down what it is told, in the order of declaration', () => {
    const update = (values: readonly number[]): number => values.length;
    const job = defineJob({ name: 'counting', batchInterval: '500 ms', poison: 'skip' }, (job) => {
      const keyed = job
        .source('in', files<{ k: string }>({ path: 'in', recordsPerSecond: 10 }))
        .keyBy(({ k }) => k)
        .mapValues(() => 1);
      keyed.updateStateByKey('counts', update).to('out', toFiles({ path: 'out' }));
      keyed.window('recent', { window: '1 min', slide: '30 s' }).union(keyed.window('also', { window: 1, slide: 1 }));
    });
    expect(job).toMatchObject({ tidemark: 1, name: 'counting', batchIntervalMs: 500, poison: 'skip' });
    expect(job.nodes.map(({ id, kind, uid, inputs }) => [id, kind, uid, inputs])).toEqual([
      [0, 'source', 'in', []],
      [1, 'keyBy', undefined, [0]],
      [2, 'mapValues', undefined, [1]],
      [3, 'updateStateByKey', 'counts', [2]],
      [4, 'sink', 'out', [3]],
      [5, 'window', 'recent', [2]],
      [6, 'window', 'also', [2]],
      [7, 'union', undefined, [5, 6]],
    ]);
    expect(job.nodes[3]?.functions).toEqual({ update });
    expect(job.nodes[5]?.options).toEqual({ windowMs: 60_000, slideMs: 30_000 });
  });

  it('says where each node was declared', () => {
    const job = defineJob({ name: 'places', batchInterval: 100 }, (job) => {
      const numbers = job.source('in', rate({ recordsPerSecond: 1 }));
      numbers.to('out', toLog());
    });
    const [source, sink] = job.nodes.map(({ at }) => at);
    expect(source).toMatch(/define-job\.test\.ts:\d+:\d+$/);
    expect(sink).toMatch(/define-job\.test\.ts:\d+:\d+$/);
    expect(source).not.toBe(sink);
  });

  it('does not judge: that is done in one place, for definitions made by hand too', () => {
    expect(() =>
      defineJob({ name: '', batchInterval: 'soon' }, (job) => {
        job.source(undefined as never, files({ path: '' })).window('', { window: 'x', slide: -1 });
      }),
    ).not.toThrow();
  });

  it('keeps the types of what flows', () => {
    defineJob({ name: 'types', batchInterval: '1 s' }, (job) => {
      const lines = job.source('lines', socket({ host: 'localhost', port: 9 }));
      const ones = lines.flatMap((line) => line.split(' ')).keyBy((word) => word);
      const counts = ones.mapValues(() => 1).filter(([word]) => word !== '');
      expectTypeOf(counts).toEqualTypeOf<KeyedStream<string, number>>();
      const lengths = ones.mapValues((word) => ({ length: word.length }), { schema: z.object({ length: z.number() }) });
      expectTypeOf(lengths).toEqualTypeOf<KeyedStream<string, { length: number }>>();
      // @ts-expect-error a number is what the schema says
      ones.mapValues((word) => ({ length: word }), { schema: z.object({ length: z.number() }) });
      const recent = counts.reduceByKeyAndWindow('recent', { window: 2, slide: 1, reduce: (a, b) => a + b });
      expectTypeOf(recent).toEqualTypeOf<KeyedStream<string, number, WindowContext>>();
      recent.map(([word, count], { windowEndMs }) => `${word}${count}${windowEndMs}`);
      const totals = counts.updateStateByKey<{ n: number }>('totals', (values, state) => ({
        n: (state?.n ?? 0) + values.length,
      }));
      expectTypeOf(totals).toEqualTypeOf<KeyedStream<string, { n: number }>>();
    });
  });
});

describe('connectors', () => {
  it('say what format their records have', () => {
    expect(files({ path: 'a' }).options).toEqual({ path: 'a', format: 'json' });
    expect(files({ path: 'a', format: 'text' }).options).toEqual({ path: 'a', format: 'text' });
    expect(socket({ host: 'h', port: 1 }).options).toEqual({ host: 'h', port: 1, format: 'text' });
    expect(toPostgres({ connection: 'c', table: 't' })).toEqual({
      connector: 'postgres',
      options: { connection: 'c', table: 't' },
    });
  });
});

it.each([
  [250, 250],
  ['500 ms', 500],
  ['1.5s', 1_500],
  [' 5 min ', 300_000],
  ['2 h', 7_200_000],
  ['1 d', 86_400_000],
  ['10', Number.NaN],
  ['-1 s', Number.NaN],
  ['1 month', Number.NaN],
  ['', Number.NaN],
])('reads the duration %j as %d ms', (duration, expected) => {
  expect(milliseconds(duration)).toBe(expected);
});
