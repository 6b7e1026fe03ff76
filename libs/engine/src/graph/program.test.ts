import { files, socket, type KeyedStream } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from './in-process-graph.js';
import {
  aBatch,
  aChunk,
  aJob,
  blocksOf,
  input,
  rowsOf,
  runJob,
  restoredFrom,
  textBatch,
  toOut,
  type Build,
} from './testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
}

const graphOf = (build: Build, options = {}) => createInProcessGraph(aJob(build, options));
const oneBatch = async (build: Build, records: readonly unknown[]) =>
  rowsOf(graphOf(build), aBatch(1, { timeMs: 1_000, records }));
const keyedPairs = (job: Parameters<Build>[0]): KeyedStream<string, number> =>
  input<Pair>(job)
    .keyBy(({ k }) => k)
    .mapValues(({ v }) => v);

describe('operators without state', () => {
  it('give what the same steps on an array give', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), async (numbers) => {
        const rows = await oneBatch((job) => {
          input<number>(job)
            .map((n) => n + 1)
            .filter((n) => n % 2 === 0)
            .flatMap((n) => [n, -n])
            .keyBy((n) => n > 0)
            .mapValues((n) => n * 2)
            .to('out', toOut);
        }, numbers);
        const expected = numbers
          .map((n) => n + 1)
          .filter((n) => n % 2 === 0)
          .flatMap((n) => [n, n === 0 ? 0 : -n])
          .map((n) => [n > 0, n * 2]);
        expect(rows).toEqual(expected);
      }),
    );
  });

  it('hand a stream to everyone who reads it', async () => {
    const graph = graphOf((job) => {
      const numbers = input<number>(job);
      numbers.map((n) => n * 10).to('tens', toOut);
      numbers.filter((n) => n > 1).to('big', toOut);
    });
    const { sinks } = await graph.run(aBatch(1, { timeMs: 1_000, records: [1, 2] }));
    const textOf = (uid: string): string => new TextDecoder().decode(sinks.get(uid)?.bytes);
    expect([textOf('tens'), textOf('big')]).toEqual(['10\n20\n', '2\n']);
  });

  it('join two streams into one', async () => {
    const rows = await oneBatch(
      (job) => {
        const numbers = input<number>(job);
        numbers
          .map((n) => n * 10)
          .union(numbers)
          .to('out', toOut);
      },
      [1, 2],
    );
    expect(rows).toEqual([10, 1, 20, 2]);
  });

  it('are told the batch that they run in', async () => {
    const rows = await oneBatch(
      (job) => {
        input(job)
          .map((_, { batchId, batchTimeMs }) => [batchId, batchTimeMs])
          .to('out', toOut);
      },
      [0],
    );
    expect(rows).toEqual([[1, 1_000]]);
  });
});

describe('reduceByKey', () => {
  it('gives one value for each key of the batch, in the order of the keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ k: fc.constantFrom('a', 'b', 'c'), v: fc.integer() })), async (pairs) => {
        const rows = await oneBatch((job) => {
          keyedPairs(job)
            .reduceByKey((a, b) => a + b)
            .to('out', toOut);
        }, pairs);
        const sums = new Map<string, number>();
        for (const { k, v } of pairs) sums.set(k, (sums.get(k) ?? 0) + v);
        expect(rows).toEqual([...sums]);
      }),
    );
  });

  it('keeps nothing for the next batch', async () => {
    const sum: Build = (job) => {
      keyedPairs(job)
        .reduceByKey((a, b) => a + b)
        .to('out', toOut);
    };
    const batches = [1, 2].map((n) => ({ timeMs: n * 1_000, records: [{ k: 'a', v: n }] }));
    expect(await runJob(() => aJob(sum), batches)).toEqual([[['a', 1]], [['a', 2]]]);
  });
});

describe('updateStateByKey', () => {
  /** Adds up; a sum of exactly 0 is forgotten. */
  const sums: Build = (job) => {
    keyedPairs(job)
      .updateStateByKey('sums', (values, state: { sum: number } | undefined) => {
        const sum = values.reduce((a, b) => a + b, state?.sum ?? 0);
        return sum === 0 ? undefined : { sum };
      })
      .to('out', toOut);
  };
  const somePairs = fc.array(fc.record({ k: fc.constantFrom('a', 'b', 'c'), v: fc.integer({ min: -2, max: 2 }) }));

  it('gives what a map of sums gives, also when it is restored in the middle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(somePairs, { maxLength: 6 }), fc.nat(6), async (pairs, restoreBefore) => {
        const batches = pairs.map((records, index) => ({ timeMs: (index + 1) * 1_000, records }));
        const model = new Map<string, number>();
        const expected = pairs.map((records) => {
          for (const { k, v } of records) model.set(k, (model.get(k) ?? 0) + v);
          const touched = [...new Set(records.map(({ k }) => k))];
          return touched.filter((k) => model.get(k) !== 0).map((k) => [k, { sum: model.get(k) }]);
        });
        expect(await runJob(() => aJob(sums), batches, { restoreBefore })).toEqual(expected);
      }),
    );
  });

  it('holds as many keys as have a state', async () => {
    const graph = graphOf(sums);
    const records = [
      { k: 'a', v: 1 },
      { k: 'b', v: 1 },
    ];
    expect((await graph.run(aBatch(1, { timeMs: 1_000, records }))).stateKeys).toEqual(new Map([['sums', 2]]));
    const forget = { timeMs: 2_000, records: [{ k: 'a', v: -1 }] };
    expect((await graph.run(aBatch(2, forget))).stateKeys).toEqual(new Map([['sums', 1]]));
  });

  it('tells keys apart by type', async () => {
    const keys: Build = (job) => {
      input<string | number | boolean>(job)
        .keyBy((k) => k)
        .updateStateByKey<number>('counts', (values, count = 0) => count + values.length)
        .to('out', toOut);
    };
    const batch = { timeMs: 1_000, records: [1, '1', true, 'true', 1] };
    const counts = [
      [1, 2],
      ['1', 1],
      [true, 1],
      ['true', 1],
    ];
    const more = counts.map(([key, count]) => [key, Number(count) * 2]);
    expect(await runJob(() => aJob(keys), [batch, batch], { restoreBefore: 1 })).toEqual([counts, more]);
  });

  it('is not reached by code that changes a state behind it', async () => {
    const rows = await runJob(
      () =>
        aJob((job) => {
          keyedPairs(job)
            .updateStateByKey<{ n: number }>('counts', (_, state = { n: 0 }) => ({ n: state.n + 1 }))
            .map(([, state]) => (state.n += 100))
            .to('out', toOut);
        }),
      [1, 2].map((n) => ({ timeMs: n * 1_000, records: [{ k: 'a', v: 1 }] })),
    );
    expect(rows).toEqual([[101], [102]]);
  });

  it('refuses a state that is no JSON, naming operator, key and place', async () => {
    const graph = graphOf((job) => {
      keyedPairs(job)
        .updateStateByKey('means', (values) => ({ of: [{ mean: values.length / 0 }] }))
        .to('out', toOut);
    });
    await expect(graph.run(aBatch(1, { timeMs: 1_000, records: [{ k: 'a', v: 1 }] }))).rejects.toMatchObject({
      code: 'state_not_json',
      params: { operator: 'means', key: '"a"', path: '$.of[0].mean', found: 'Infinity' },
    });
  });
});

describe('a record that cannot be read', () => {
  const copy: Build = (job) => {
    input(job).to('out', toOut);
  };
  const text = '{"n":1}\n{"n":\n\n   \nnull\nno\n';

  it('fails the batch with its place in the source', async () => {
    const batch = {
      ...textBatch(1, 1_000, ''),
      sources: [
        { uid: 'in', chunks: [aChunk('1\n'), aChunk(text, { partition: 'p2', range: { from: 500, to: 530 } })] },
      ],
    };
    await expect(graphOf(copy).run(batch)).rejects.toMatchObject({
      code: 'record_unreadable',
      params: { source: 'in', partition: 'p2', offset: 508 },
    });
  });

  it('is counted and shown under the policy "skip"', async () => {
    const output = await graphOf(copy, { poison: 'skip' }).run(textBatch(1, 1_000, text));
    expect(output).toMatchObject({ recordsIn: 4, recordsSkipped: 2 });
    expect(output.skipped).toMatchObject([
      { source: 'in', partition: 'part', offset: 8 },
      { source: 'in', partition: 'part', offset: 24 },
    ]);
  });

  it('is shown only a few times', async () => {
    const output = await graphOf(copy, { poison: 'skip' }).run(textBatch(1, 1_000, 'x\n'.repeat(50)));
    expect([output.recordsSkipped, output.skipped.length]).toEqual([50, 5]);
  });

  it('is one that begins with a byte order mark, wherever in a batch it stands', async () => {
    const output = await graphOf(copy, { poison: 'skip' }).run(textBatch(1, 1_000, '\ufeff1\n2\n\ufeff3\n'));
    expect(output).toMatchObject({ recordsIn: 3, recordsSkipped: 2 });
  });

  it('does not exist in a source of text', async () => {
    const graph = graphOf((job) => {
      job.source('in', socket({ host: 'localhost', port: 1 })).to('out', toOut);
    });
    expect(await rowsOf(graph, textBatch(1, 1_000, '{"n":\r\n\nlast'))).toEqual(['{"n":', '', 'last']);
  });
});

describe('a mistake in the code of a job', () => {
  const failing = async (build: Build, records: readonly unknown[] = [{ k: 'a', v: 1 }]): Promise<unknown> =>
    graphOf(build)
      .run(aBatch(1, { timeMs: 1_000, records }))
      .then(
        () => undefined,
        (error: unknown) => error,
      );

  it('is reported with operator, record and stack', async () => {
    const error = await failing(
      (job) => {
        input<Pair>(job)
          .map(({ k }) => (k === 'bad' ? (undefined as unknown as Pair).v : 1))
          .to('out', toOut);
      },
      [{ k: 'good' }, { k: 'bad' }],
    );
    expect(error).toMatchObject({ code: 'job_code_threw' });
    expect(error).toHaveProperty('params.reason', expect.stringContaining('TypeError: Cannot read properties'));
    expect(error).toHaveProperty('params.operator', expect.stringMatching(/^map \(.*program\.test\.ts/));
    expect(error).toHaveProperty('params.record', 'in/part@13');
    expect(error).toHaveProperty('params.stack', expect.stringContaining('program.test.ts'));
  });

  it('is reported with the key where a keyed operator threw', async () => {
    const error = await failing((job) => {
      keyedPairs(job)
        .updateStateByKey('sums', () => {
          throw new Error('no more');
        })
        .to('out', toOut);
    });
    expect(error).toHaveProperty('params.reason', 'no more (key "a")');
    expect(error).toHaveProperty('params.operator', 'updateStateByKey "sums"');
    expect(error).not.toHaveProperty('params.record');
  });

  it.each<[string, Build, RegExp]>([
    [
      'a key of a wrong type',
      (job) => {
        input(job)
          .keyBy(() => ({}) as never)
          .to('out', toOut);
      },
      /a key must be/,
    ],
    [
      'a key that is not a number',
      (job) => {
        input(job)
          .keyBy(() => Number.NaN)
          .to('out', toOut);
      },
      /this one is NaN/,
    ],
    [
      'a promise',
      (job) => {
        input(job)
          .map(() => Promise.resolve(1))
          .to('out', toOut);
      },
      /asynchronous/,
    ],
    [
      'a promise to keep a record',
      (job) => {
        input(job)
          .filter(() => Promise.resolve(false))
          .to('out', toOut);
      },
      /asynchronous/,
    ],
    [
      'one record from flatMap',
      (job) => {
        input(job)
          .flatMap(() => 1 as never)
          .to('out', toOut);
      },
      /iterable/,
    ],
    [
      'a row that is no JSON',
      (job) => {
        input(job)
          .map(() => undefined)
          .to('out', toOut);
      },
      /cannot be written as JSON/,
    ],
    [
      'a bigint',
      (job) => {
        input(job)
          .map(() => 1n)
          .to('out', toOut);
      },
      /BigInt/,
    ],
  ])('is named if it is %s', async (_name, build, reason) => {
    expect(await failing(build)).toHaveProperty('params.reason', expect.stringMatching(reason));
  });

  it.each([
    ['null', null],
    [
      'a trap',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('trap');
          },
          has: () => true,
        },
      ),
    ],
    [
      'an error whose message throws',
      Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error('trap');
        },
      }),
    ],
    ['very long', new Error('x'.repeat(1_000_000))],
  ])('does no harm if what it throws is %s', async (_name, thrown) => {
    const error = await failing((job) => {
      input(job)
        .map(() => {
          throw thrown;
        })
        .to('out', toOut);
    });
    expect(error).toMatchObject({ code: 'job_code_threw' });
    expect(String(error).length).toBeLessThan(5_000);
  });

  it('ends the program: a batch that ran half way has left half of its state', async () => {
    const graph = graphOf((job) => {
      input<number>(job)
        .map((n) => (n === 0 ? JSON.parse('') : n) as number)
        .to('out', toOut);
    });
    await expect(graph.run(aBatch(1, { timeMs: 1_000, records: [0] }))).rejects.toThrow('JSON');
    await expect(graph.run(aBatch(2, { timeMs: 2_000, records: [1] }))).rejects.toThrow('failed before');
    await expect(graph.snapshot('full')).rejects.toThrow('failed before');
  });
});

it('refuses state of an operator that the job does not have', async () => {
  const graph = graphOf((job) => {
    job.source('in', files({ path: 'in' })).to('out', toOut);
  });
  await expect(graph.restore('gone', new Uint8Array(8))).rejects.toMatchObject({
    code: 'checkpoint_unreadable',
  });
});

it('gives the state that it was restored with', async () => {
  const sums = aJob((job) => {
    keyedPairs(job)
      .updateStateByKey<number>('sums', (values, sum = 0) => values.reduce((a, b) => a + b, sum))
      .to('out', toOut);
  });
  const graph = createInProcessGraph(sums);
  await graph.run(
    aBatch(1, {
      timeMs: 1_000,
      records: [
        { k: 'a', v: 1 },
        { k: 'b', v: 2 },
      ],
    }),
  );
  const blocks = await blocksOf(await graph.snapshot('full'));
  const again = await blocksOf(await (await restoredFrom(graph, sums)).snapshot('full'));
  expect(blocks).not.toEqual([]);
  expect(again).toEqual(blocks);
});
