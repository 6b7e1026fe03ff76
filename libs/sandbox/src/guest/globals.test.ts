import { runInNewContext } from 'node:vm';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { UNAVAILABLE } from '@tidemark/engine';
import { beforeAll, expect, it } from 'vitest';

let script = '';

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('globals.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'guest',
    platform: 'neutral',
    conditions: ['@tidemark/source'],
  });
  script = outputFiles[0]?.text ?? '';
});

/** What `code` gives in a realm with nothing but the language, as an isolate is, after the guest's set-up. */
const inRealm = (code: string): unknown =>
  JSON.parse(runInNewContext(`${script}; const globals = guest.setUpGlobals(); JSON.stringify(${code})`) as string);

it('leaves nothing of what a job does not find', () => {
  const found = inRealm(`${JSON.stringify(Object.keys(UNAVAILABLE))}.filter((name) => name in globalThis)`);
  expect(found).toEqual([]);
});

it("makes clock and random numbers the batch's", () => {
  const batch = (seed: string, timeMs: number) =>
    `(globals.startBatch({ seed: '${seed}', timeMs: ${timeMs} }), [Date.now(), new Date().getTime(), Math.random()])`;
  const [first, second, again] = inRealm(`[${batch('a', 5)}, ${batch('b', 6)}, ${batch('a', 5)}]`) as number[][];
  expect(first?.slice(0, 2)).toEqual([5, 5]);
  expect(second?.slice(0, 2)).toEqual([6, 6]);
  expect(again).toEqual(first);
  expect(second?.[2]).not.toBe(first?.[2]);
});

it('collects what is logged, bounded', () => {
  const lines = inRealm(
    `(console.log('a', { b: 1 }), Array.from({ length: 200 }, () => console.warn('x'.repeat(1_000))), globals.takeLog())`,
  ) as readonly string[];
  expect(lines[0]).toBe('a {"b":1}');
  expect(lines).toHaveLength(101);
  expect(lines[1]).toHaveLength(500);
  expect(lines[100]).toBe('(101 more lines were left out)');
});
