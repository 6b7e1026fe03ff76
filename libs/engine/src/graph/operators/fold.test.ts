import { files } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createInProcessGraph } from '../in-process-graph.js';
import { aJob, input, runJob, toOut, type Build } from '../testing/run-job.js';

interface Word {
  readonly k: string;
  readonly word: string;
  readonly late: boolean;
}
const word = (text: string, late = false): Word => ({ k: 'a', word: text, late });
interface Words {
  words: string[];
}
const someSchema = z.object({ words: z.array(z.string()) });
const fold = (state: Words, record: Word): Words => {
  state.words.push(record.word);
  return state;
};

describe.each([
  ['with a schema', { schema: someSchema }],
  ['without a schema', {}],
])('rows of a fold %s', (_name, more) => {
  it('are not reached by what another window of the same batch adds to their key', async () => {
    const build: Build = (job) => {
      const all = input<Word>(job);
      const later = all.window('later', { window: '1 s', slide: '1 s' }).filter(({ late }) => late);
      all
        .filter(({ late }) => !late)
        .union(later as unknown as typeof all)
        .keyBy('k')
        .fold<Words>('f', { initial: { words: [] }, fold, ...more })
        .transform((rows) => rows)
        .to('out', toOut);
    };
    const batches = [{ timeMs: 1_000, records: [word('one'), word('two', true)] }];
    expect(await runJob(() => aJob(build), batches)).toEqual([
      [
        ['a', { words: ['one'] }],
        ['a', { words: ['one', 'two'] }],
      ],
    ]);
  });

  it('leave what is kept as it is when code behind it changes them', async () => {
    const build: Build = (job) => {
      input<Word>(job)
        .keyBy('k')
        .fold<Words>('f', { initial: { words: [] }, fold, ...more })
        .map(([, { words }]) => words.reverse())
        .to('out', toOut);
    };
    const batches = [
      { timeMs: 1_000, records: [word('one'), word('two')] },
      { timeMs: 2_000, records: [word('three')] },
    ];
    expect(await runJob(() => aJob(build), batches)).toEqual([[['two', 'one']], [['three', 'two', 'one']]]);
  });
});

interface Last {
  readonly n: number;
  readonly last?: string;
}
const lastSchema = z.object({ n: z.number(), last: z.string().optional() });

describe.each<[string, { readonly schema?: typeof lastSchema }]>([
  ['with a schema', { schema: lastSchema }],
  ['without a schema', {}],
])('a state %s', (_name, more) => {
  const job = (initial: Last) => () =>
    aJob((builder) => {
      input<Word>(builder)
        .keyBy('k')
        .fold<Last>('f', {
          initial,
          // A late word takes the last one away.
          fold: (state, { late }) =>
            late
              ? { n: state.n + 1 }
              : { n: state.n + 1, last: state.last === undefined ? 'none' : `after ${state.last}` },
          ...(more as { schema?: never }),
        })
        .topN('newest', 1, { by: 'n' })
        .map(([, [state]]) => state)
        .to('out', toOut);
    });
  const batches = [word('x'), word('x', true), word('x'), word('x')].map((record, index) => ({
    timeMs: (index + 1) * 1_000,
    records: [record],
  }));

  it.each<[Last, string]>([
    [{ n: 0 }, 'none'],
    [{ n: 0, last: 'first' }, 'after first'],
  ])('may lack an optional member: begins with %j', async (initial, last) => {
    const expected = [[{ n: 1, last }], [{ n: 2 }], [{ n: 3, last: 'none' }], [{ n: 4, last: 'after none' }]];
    expect(await runJob(job(initial), batches)).toEqual(expected);
    expect(await runJob(job(initial), batches, { restoreBefore: 2 })).toEqual(expected);
  });
});

it('refuses a state without a member that its schema requires', async () => {
  const build: Build = (job) => {
    input<Word>(job)
      .keyBy('k')
      .fold<Words>('f', { initial: { words: [] }, schema: someSchema, fold: () => ({}) as Words })
      .to('out', toOut);
  };
  await expect(runJob(() => aJob(build), [{ timeMs: 1_000, records: [word('x')] }])).rejects.toThrow(
    `the state's "words" is undefined`,
  );
});

it.each(['@lastMs', ''])('refuses a state with a member called "%s"', (name) => {
  const build: Build = (job) => {
    job
      .source('in', files<Word>({ path: 'in' }))
      .keyBy('k')
      .fold('f', { initial: { [name]: 0 }, schema: z.object({ [name]: z.number() }), fold: (state) => state })
      .to('out', toOut);
  };
  expect(() => createInProcessGraph(aJob(build))).toThrow('do not begin with @');
});

describe('a member of a folded state that may be absent', () => {
  const build =
    (initial: { n: number; last?: string }, next: (last: string | undefined) => string | undefined): Build =>
    (job) => {
      const schema = z.object({ n: z.number(), last: z.string().optional() });
      input<Word>(job)
        .keyBy('k')
        .fold<{ n: number; last?: string | undefined }>('f', {
          initial,
          schema,
          fold: ({ n, last }) => ({ n: n + 1, last: next(last) }),
        })
        .to('out', toOut);
    };
  const batches = [1, 2, 3].map((second) => ({ timeMs: second * 1_000, records: [word('w')] }));

  it('begins absent, comes and goes, and is the same after a restore', async () => {
    const job = build({ n: 0 }, (last) => (last === undefined ? 'there' : undefined));
    const rows = [[['a', { n: 1, last: 'there' }]], [['a', { n: 2 }]], [['a', { n: 3, last: 'there' }]]];
    expect(await runJob(() => aJob(job), batches)).toEqual(rows);
    expect(await runJob(() => aJob(job), batches, { restoreBefore: 2 })).toEqual(rows);
  });

  it('begins with what it is given, and may then be left out', async () => {
    const job = build({ n: 0, last: 'first' }, (last) => (last === 'first' ? undefined : 'never again the first'));
    const rows = [[['a', { n: 1 }]], [['a', { n: 2, last: 'never again the first' }]]];
    expect(await runJob(() => aJob(job), batches.slice(0, 2))).toEqual(rows);
    expect(await runJob(() => aJob(job), batches.slice(0, 2), { restoreBefore: 1 })).toEqual(rows);
  });
});
