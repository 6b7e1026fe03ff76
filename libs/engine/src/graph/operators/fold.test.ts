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

  it('may not be left out where it began with something: it would begin anew', async () => {
    const job = build({ n: 0, last: 'first' }, () => undefined);
    await expect(runJob(() => aJob(job), batches)).rejects.toMatchObject({ code: 'job_code_threw' });
  });
});
