import { count, files, max, type Schema } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aJob, runJob, textBatch, toOut, type Build } from '../testing/run-job.js';
import { createInProcessGraph } from '../in-process-graph.js';

interface Row {
  readonly k: string;
  readonly value: unknown;
}

/** The value of each row as it is, by a schema. */
const values =
  (schema: z.ZodType): Build =>
  (job) => {
    job
      .source('in', files<Row>({ path: 'in' }))
      .keyBy('k')
      .mapValues(({ value }) => value, { schema: schema })
      .to('out', toOut);
  };

const mapped = async (schema: z.ZodType, ...given: readonly unknown[]): Promise<readonly unknown[]> => {
  const batches = [{ timeMs: 1_000, records: given.map((value) => ({ k: 'a', value })) }];
  const [rows = []] = await runJob(() => aJob(values(schema)), batches);
  return rows.map((row) => (row as readonly unknown[])[1]);
};

const point = z.object({ y: z.number(), x: z.number() });
const rich = z.object({
  on: z.boolean(),
  name: z.string(),
  size: z.int().min(1).default(1),
  tags: z.array(z.object({ tag: z.string() })),
});

describe('a value with a schema', () => {
  it.each<[string, z.ZodType, unknown, unknown]>([
    ['numbers alone', point, { x: 1, more: true, y: -0.5 }, { y: -0.5, x: 1 }],
    [
      'members of all types',
      rich,
      { tags: [{ tag: 'a', no: 1 }], name: 'n', on: false, size: 7 },
      { on: false, name: 'n', size: 7, tags: [{ tag: 'a' }] },
    ],
    ['a default', rich, { tags: [], name: 'n', on: true }, { on: true, name: 'n', size: 1, tags: [] }],
    ['an optional member', z.object({ a: z.string().optional(), b: z.number() }), { b: 1, c: 2 }, { b: 1 }],
    ['no object', z.array(z.number()), [1, 2], [1, 2]],
    ['one of several types', z.union([z.string(), point]), { x: 1, y: 2, z: 3 }, { y: 2, x: 1 }],
  ])('goes on with what the schema declares: %s', async (_name, schema, given, expected) => {
    const [value] = await mapped(schema, given);
    expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
  });

  it.each<[string, z.ZodType, unknown, string]>([
    ['a number that is none', point, { x: '1', y: 2 }, '$.x: expected number, found string'],
    ['a member that is missing', point, { x: 1 }, '$.y: is missing'],
    ['no object', point, 17, '$: expected object, found number'],
    ['null', point, null, '$: expected object, found null'],
    ['an array', point, [], '$: expected object, found array'],
    ['a rule', rich, { on: true, name: 'n', size: 0, tags: [] }, '$.size: expected at least 1, found 0'],
    ['an item', rich, { on: true, name: 'n', tags: [{ tag: 1 }] }, '$.tags[0].tag: expected string, found number'],
    ['an optional member', z.object({ a: z.string().optional() }), { a: 1 }, '$.a: expected string, found number'],
  ])('fails the job and names the place where it does not fit: %s', async (_name, schema, given, reason) => {
    await expect(mapped(schema, given)).rejects.toThrow(
      `it returned a value that its schema does not allow: ${reason}`,
    );
  });

  it.each<[string, () => number | undefined, string]>([
    ['NaN', () => Number.NaN, '$.n: expected a number, found NaN'],
    ['undefined', () => undefined, '$.n: is missing'],
    ['a function', () => (() => 1) as never, '$.n: expected number, found function'],
  ])('fails the job for what JSON has not: %s', async (_name, make, reason) => {
    const build: Build = (job) => {
      const keyed = job.source('in', files<Row>({ path: 'in' })).keyBy('k');
      keyed.mapValues(() => ({ n: make()! }), { schema: z.object({ n: z.number() }) }).to('out', toOut);
    };
    const batches = [{ timeMs: 1_000, records: [{ k: 'a', value: 1 }] }];
    await expect(runJob(() => aJob(build), batches)).rejects.toThrow(reason);
  });

  it('names the record that it was made from, whatever becomes of unreadable records', async () => {
    const graph = createInProcessGraph(aJob(values(point), { poison: 'skip' }));
    const text = '{"k":"a","value":{"x":1,"y":2}}\n{"k":"a","value":{"x":1}}\n';
    await expect(graph.run(textBatch(1, 1_000, text))).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { record: 'in/part@32', operator: expect.stringContaining('mapValues') as string },
    });
  });

  it('gives the same results as one without, to figures, state and code, and after a restore', async () => {
    const job = (schema?: Schema<{ x: number; y: number }>) => () =>
      aJob((builder) => {
        const keyed = builder.source('in', files<{ k: string; v: number }>({ path: 'in' })).keyBy('k');
        const make = ({ v }: { v: number }): { x: number; y: number } => ({ y: v * v, x: v });
        const points = schema === undefined ? keyed.mapValues(make) : keyed.mapValues(make, { schema });
        points.aggregate('totals', { n: count(), x: max('x'), y: max(({ y }) => y) }).to('figures', toOut);
        points
          .filter(([, { x }]) => x > 1)
          .updateStateByKey('all', (values, all: readonly unknown[] = []) => [...all, ...values])
          .to('out', toOut);
      });
    const records = [3, 1, 2].map((v, index) => ({ k: 'ab'[v % 2] ?? '', v: v + index }));
    const batches = [1_000, 2_000, 3_000].map((timeMs) => ({ timeMs, records }));
    const sinks = ['out', 'figures'];
    const plain = await runJob(job(), batches, { sinks });
    expect(plain[2]?.length).toBeGreaterThan(0);
    expect(await runJob(job(point), batches, { sinks })).toEqual(plain);
    expect(await runJob(job(point), batches, { sinks, restoreBefore: 2 })).toEqual(plain);
  });
});

it('refuses a schema for values that it cannot apply', () => {
  const schema = { '~standard': { version: 1, vendor: 'test', jsonSchema: { input: () => ({ if: {} }) } } } as const;
  const build: Build = (job) => {
    job
      .source('in', files<Row>({ path: 'in' }))
      .keyBy('k')
      .mapValues(() => 1, { schema })
      .to('out', toOut);
  };
  expect(() => createInProcessGraph(aJob(build))).toThrow('the schema of the mapValues cannot be used');
});
