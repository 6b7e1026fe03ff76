import { fileURLToPath } from 'node:url';
import { bundleJob } from '@tidemark/bundler';
import type { GraphInput } from '@tidemark/engine';
import { afterEach, describe, expect, it } from 'vitest';
import { BundleRuntime } from './bundle-runtime.js';
import { linesOf } from './compare-output.js';
import { sourcePlaces, withInlineMap } from './places.js';

const example = (path: string): string => fileURLToPath(new URL(`../../../../examples/${path}.ts`, import.meta.url));
const wordCount = example('word-count/src/job');

const load = async (code: string, sourceMap: string | null = null): Promise<BundleRuntime> =>
  BundleRuntime.load({ code, sourceMap, jobId: 'job_1', folder: '/work/job' });

const lines = (batchId: number, bytes: Uint8Array, uid = 'lines'): GraphInput => ({
  ...{ timeline: 1, batchId, batchTimeMs: batchId * 1_000 },
  sources: [
    { uid, chunks: [{ partition: '0', range: { from: 0, to: bytes.length }, offsetUnit: 'bytes' as const, bytes }] },
  ],
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'tidemarkJob');
});

describe('a bundle that runs here', () => {
  it('keeps its state from batch to batch', async () => {
    const { code, sourceMap } = await bundleJob(wordCount);
    const runtime = await load(code, sourceMap);
    const [source] = runtime.manifest.nodes.filter(({ kind }) => kind === 'source');
    const run = async (batchId: number) => {
      const { output } = await runtime.run(lines(batchId, Buffer.from('to be or\nnot to be\n'), source?.uid));
      return [...output.sinks.keys()].flatMap((sink) => linesOf(output, sink)).join(' ');
    };
    expect(await run(1)).toContain('2');
    expect(await run(2)).toContain('4');
  });

  it('keeps state that need not lie in memory', async () => {
    const { code } = await bundleJob(example('operators/src/large-state'));
    const runtime = await load(code);
    const order = Buffer.from('{"customer":"a","amount":5}\n');
    await runtime.run(lines(1, order, 'orders'));
    const { output } = await runtime.run(lines(2, order, 'orders'));
    expect(linesOf(output, 'out')).toEqual(['["a",{"orders":2,"spent":10}]']);
  });

  it('reads bytes that are no text as production does, also where a record is read without one', async () => {
    const { code } = await bundleJob(example('operators/src/fold-with-schema'));
    const record = Buffer.from('{"sensor":"a?b","celsius":5}\n');
    record[record.indexOf('?')] = 0xff;
    const { output } = await (await load(code)).run(lines(1, record, 'readings'));
    expect(linesOf(output, 'out')).toEqual([expect.stringContaining('a\ufffdb')]);
  });

  it('is refused for what the service refuses it for', async () => {
    await expect(load('var tidemarkJob = { default: 7 };')).rejects.toMatchObject({ code: 'bundle_defines_no_job' });
    await expect(load('var other = 1;')).rejects.toMatchObject({ code: 'bundle_defines_no_job' });
  });

  it('finds neither Node nor a network, and leaves both to others', async () => {
    const seen =
      'globalThis.seen = [typeof process, typeof fetch, typeof setTimeout, Date.now()]; var tidemarkJob = 0;';
    await load(seen).catch(() => undefined);
    const { seen: found } = globalThis as { seen?: unknown };
    Reflect.deleteProperty(globalThis, 'seen');
    expect(found).toEqual(['undefined', 'undefined', 'undefined', 0]);
    expect([typeof process, typeof fetch, typeof setTimeout]).toEqual(['object', 'function', 'function']);
  });
});

describe("the way back to a job's sources", () => {
  it('leads from a place in the bundle to one in the source', async () => {
    const { code, sourceMap } = await bundleJob(wordCount);
    const at = code.split('\n').findIndex((line) => line.includes('keyBy('));
    expect(sourcePlaces(sourceMap)(`it threw at bundle.js:${at + 1}:5`)).toMatch(/ at \S+\.ts:\d+:\d+$/);
    expect(sourcePlaces(null)('bundle.js:1:2')).toBe('bundle.js:1:2');
    expect(sourcePlaces('no JSON')('bundle.js:1:2')).toBe('bundle.js:1:2');
  });

  it('is given to a debugger as files', async () => {
    const { code, sourceMap } = await bundleJob(wordCount);
    const mapped = withInlineMap(code, sourceMap, '/work/job');
    expect(mapped.startsWith(code)).toBe(true);
    const map = Buffer.from(mapped.split('base64,')[1] ?? '', 'base64').toString();
    expect((JSON.parse(map) as { sources: string[] }).sources).toContain('file:///work/job/src/job.ts');
    expect(withInlineMap(code, null, '/work/job')).toBe(code);
  });
});
