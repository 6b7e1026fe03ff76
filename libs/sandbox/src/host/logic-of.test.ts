import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transformSync } from 'esbuild';
import { aBundle, aCountingJob, openSandbox } from '../testing/open-sandbox.js';
import type { SandboxHost } from './sandbox-host.js';

let host: SandboxHost;

beforeAll(async () => {
  host = await openSandbox();
}, 30_000);

afterAll(() => host.close());

const logicOf = async (code: string) => (await host.describe({ code, map: undefined })).logic;

const aJob = (body: string, before = '') =>
  aBundle(`import { defineJob, files, toLog } from '@tidemark/streams';
${before}
export default defineJob({ name: 'test', batchInterval: '1 s' }, (job) => {
  const rows = job.source('in', files<any>({ path: 'in' }));
  ${body}
});
`);

describe('the logic of a bundle that is described', () => {
  it('is a hash of each node that has a uid', async () => {
    const { code } = await aCountingJob();
    const hash = expect.stringMatching(/^1:[0-9a-f]{64}$/) as string;
    expect(await logicOf(code)).toEqual({ in: hash, counts: hash, out: hash, recent: hash, 'recent-out': hash });
  });

  it('is the same for a minified bundle', async () => {
    const { code } = await aCountingJob();
    const { code: minified } = transformSync(code, { minify: true });
    expect(await logicOf(minified)).toEqual(await logicOf(code));
  });

  it('changes for an operator with what feeds it, and not for what stands before', async () => {
    const counting = (n: number) =>
      aJob(`rows.filter((row) => row.n > ${n}).keyBy('k').fold('sums', { initial: 0, fold: (s, { n }) => s + n })
        .to('out', toLog());`);
    const [before, after] = [await logicOf((await counting(1)).code), await logicOf((await counting(2)).code)];
    expect(after).toMatchObject({ in: before?.['in'], out: before?.['out'] });
    expect(after?.['sums']).not.toBe(before?.['sums']);
  });
});

describe('a bundle that makes tracing hard', () => {
  const toOut = `.to('out', toLog());`;

  it.each([
    ['is nested deeply', `export const deep = ${'['.repeat(2_500)}${']'.repeat(2_500)};`],
    [
      'has replaced what texts of functions come from',
      `Function.prototype.toString = () => { throw new Error('no'); };`,
    ],
    ['puts nonsense into JSON', `String.prototype.toJSON = () => ({ uid: 'in', functions: 5 });`],
    ['has millions of characters', `export const much = ${JSON.stringify('x'.repeat(5_000_000))};`],
  ])('is described all the same: it %s', async (_name, before) => {
    const bundle = await aJob(`rows.map((row) => row.n)${toOut}`, before);
    const limits = { memoryMb: 64, cpuMsPerBatch: 1_000 };
    const outcomes = await Promise.allSettled([host.describe(bundle), host.start({ id: 'job_1', ...bundle, limits })]);
    const [described, started] = outcomes;
    if (started.status === 'fulfilled') started.value.kill();
    // Whatever a bundle does to be refused, it is not for its logic.
    expect(described.status).toBe(started.status);
  });

  it('is described without its logic, where it holds up the process that asks for its functions', async () => {
    const holding = `Object.prototype.toJSON = function () {
      if ('functions' in this) for (;;);
      return this;
    };`;
    const { nodes, logic } = await host.describe(await aJob(`rows.map((row) => row.n)${toOut}`, holding));
    expect(nodes).toHaveLength(3);
    expect(logic).toEqual({});
  });

  it('is described without its logic, where an expression is too deep to be walked', async () => {
    const long = `(row) => ${'row.n + '.repeat(30_000)} 1`;
    const { nodes, logic } = await host.describe(await aJob(`rows.map(${long})${toOut}`));
    expect(nodes).toHaveLength(3);
    expect(logic).toEqual({});
  });
});
