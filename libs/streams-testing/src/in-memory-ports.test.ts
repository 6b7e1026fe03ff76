import { expect, it } from 'vitest';
import { InMemorySink, InMemorySource } from './in-memory-ports.js';

const asked = { timeline: 1, batchId: 1, batchTimeMs: 0, intervalMs: 1_000 };

it('plans whole records up to the bytes that a batch may have, and at least one', async () => {
  const source = new InMemorySource('in', 'text');
  source.add(['aaaa', 'bbbb', 'c'.repeat(50), 'd']);
  const plan = (from: number, bytesMax: number) => source.plan({ ...asked, from: { '0': from }, bytesMax });
  expect(await plan(0, 10)).toEqual({ '0': { from: 0, to: 2 } });
  expect(await plan(2, 10)).toEqual({ '0': { from: 2, to: 3 } });
  expect(await plan(3, 10)).toEqual({ '0': { from: 3, to: 4 } });
  expect(await plan(4, 10)).toEqual({});
  const [chunk] = await source.read({ '0': { from: 1, to: 2 } });
  expect(new TextDecoder().decode(chunk?.bytes)).toBe('bbbb\n');
});

it('holds each batch once', async () => {
  const sink = new InMemorySink('out');
  const write = (batchId: number, text: string) =>
    sink.write({ timeline: 1, batchId, batchTimeMs: 0, rows: 1, bytes: new TextEncoder().encode(text) });
  await write(1, '1\n');
  await write(2, '2\n');
  await write(1, '1\n');
  expect(sink.rows()).toEqual([1, 2]);
  expect(sink.rows(1)).toEqual([2]);
});
