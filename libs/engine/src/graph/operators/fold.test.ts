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
