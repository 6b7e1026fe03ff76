import { expect, it } from 'vitest';
import { joinChunks } from './input-lines.js';
import { aChunk } from './testing/run-job.js';

const text = (lines: ReturnType<typeof joinChunks>): string => new TextDecoder().decode(lines.bytes);

it('leads a line back to its partition and byte position, whatever the characters are', () => {
  const lines = joinChunks([
    aChunk('"é"\n"b"\n', { partition: 'one', range: { from: 100, to: 109 } }),
    aChunk('"c"\n"d"', { partition: 'two', range: { from: 7, to: 14 } }),
  ]);
  expect(text(lines)).toBe('"é"\n"b"\n"c"\n"d"\n');
  expect([0, 1, 2, 3].map((line) => lines.positionOf(line))).toEqual([
    { partition: 'one', offset: 100 },
    { partition: 'one', offset: 105 },
    { partition: 'two', offset: 7 },
    { partition: 'two', offset: 11 },
  ]);
});

it('counts records where the source counts records', () => {
  const lines = joinChunks([aChunk('a\nb\nc\n', { offsetUnit: 'records', range: { from: 40, to: 43 } })]);
  expect(lines.positionOf(2)).toEqual({ partition: 'part', offset: 42 });
});

it('knows no line behind the last one', () => {
  const lines = joinChunks([aChunk('a\nb\n'), aChunk('')]);
  expect([2, -1, 0.5].map((line) => lines.positionOf(line))).toEqual([undefined, undefined, undefined]);
});

it('knows which of its lines are read again', () => {
  const again = aChunk('a\n', { timeline: 1 });
  expect([[], [aChunk('b')], [again, again, aChunk('b')], [again]].map((of) => joinChunks(of).readAgain)).toEqual([
    0, 0, 2, 1,
  ]);
});

it('keeps the last line of a chunk apart from the first of the next', () => {
  expect(text(joinChunks([aChunk('a'), aChunk(''), aChunk('b')]))).toBe('a\nb\n');
});
