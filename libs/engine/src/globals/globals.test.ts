import { execFileSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { files, toLog } from '@tidemark/streams';
import { afterEach, describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../graph/in-process-graph.js';
import { aBatch, aJob } from '../graph/testing/run-job.js';
import { replaceGlobals, seededRandom } from './batch-globals.js';
import { explainUnavailable, UNAVAILABLE } from './unavailable.js';

const own = 'JSON.stringify(Object.getOwnPropertyNames(globalThis))';
const namesIn = (text: string): readonly string[] => JSON.parse(text) as readonly string[];

describe('what a job does not find', () => {
  it("is everything that Node adds to the language's globals", () => {
    const language = new Set(namesIn(runInNewContext(own) as string));
    // Read from its input: to a script on the command line, Node shows its modules as well.
    const input = `process.stdout.write(${own})`;
    const node = namesIn(execFileSync(process.execPath, ['--input-type=module', '-'], { encoding: 'utf8', input }));
    expect(node.filter((name) => !language.has(name) && !(name in UNAVAILABLE))).toEqual([]);
  });

  it.each([
    ['ReferenceError: setTimeout is not defined', /^setTimeout is not available: the code of a job runs to its end/],
    ['queueMicrotask is not defined', /^queueMicrotask is not available: the code of a job runs to its end/],
    ['TypeError: globalThis.fetch is not a function', /^fetch is not available: a job reads through its sources/],
    ['TypeError: global.WebSocket is not a constructor', /^WebSocket is not available: /],
    ['ReferenceError: sum is not defined', /^ReferenceError: sum is not defined$/],
    ['ReferenceError: constructor is not defined', /^ReferenceError: constructor is not defined$/],
    ['TypeError: client.fetch is not a function', /^TypeError: client\.fetch is not a function$/],
  ])('is explained: %s', (message, explained) => {
    expect(explainUnavailable(message)).toMatch(explained);
  });

  it.each([
    ['map', async () => Promise.resolve(1), 'must not be asynchronous'],
    ['filter', async () => Promise.resolve(true), 'must not be asynchronous'],
    ['flatMap', async () => Promise.resolve([1]), 'must not be asynchronous'],
    ['keyBy', async () => Promise.resolve('a'), 'must not be asynchronous'],
  ] as const)('has no asynchronous %s', async (operator, code, why) => {
    const graph = createInProcessGraph(
      aJob((job) => {
        const records = job.source('in', files<string>({ path: 'in' }));
        const apply = (code: unknown) => records[operator as 'map'](code as () => unknown);
        apply(code).to('out', toLog());
      }),
    );
    const failed = graph.run(aBatch(1, { timeMs: 1_000, records: [{}] }));
    await expect(failed).rejects.toMatchObject({ code: 'job_code_threw' });
    await expect(failed).rejects.toThrow(why);
  });
});

describe('the globals of a batch', () => {
  let putBack = (): void => undefined;
  afterEach(() => {
    putBack();
  });
  const replace = (nowMs: number, seed: string) => {
    putBack = replaceGlobals({ nowMs: () => nowMs, random: seededRandom(seed) });
  };

  it('tell its time, wherever the present is asked for', () => {
    const format = new Intl.DateTimeFormat('en', { timeZone: 'UTC', dateStyle: 'short' });
    replace(86_400_000, '');
    expect([Date.now(), new Date().getTime(), new (new Date(0).constructor as DateConstructor)().getTime()]).toEqual([
      86_400_000, 86_400_000, 86_400_000,
    ]);
    expect(new Date(5).getTime()).toBe(5);
    expect(new Date() instanceof Date).toBe(true);
    expect(Date()).toBe(new Date(86_400_000).toString());
    expect(format.format()).toBe('1/2/70');
    expect(format.formatToParts().map(({ value }) => value)).toEqual(['1', '/', '2', '/', '70']);
    expect(format.format(0)).toBe('1/1/70');
  });

  it('give the random numbers of a seed', () => {
    const numbers = (seed: string) => {
      replace(0, seed);
      const drawn = Array.from({ length: 100 }, () => Math.random());
      putBack();
      return drawn;
    };
    expect(numbers('a')).toEqual(numbers('a'));
    expect(numbers('a')).not.toEqual(numbers('b'));
    expect(numbers('a').every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(numbers('a')).size).toBe(100);
  });

  it('lack what is unavailable, until they are put back', () => {
    const before = Object.getOwnPropertyDescriptors(globalThis);
    replace(0, '');
    const left = Object.keys(UNAVAILABLE).filter((name) => name in globalThis);
    putBack();
    expect(left).toEqual([]);
    expect(Object.getOwnPropertyDescriptors(globalThis)).toEqual(before);
  });
});
