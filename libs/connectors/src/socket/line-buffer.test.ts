import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, LineBuffer } from './line-buffer.js';

describe('a line buffer', () => {
  it('gives every line once and in order, however it arrives and however it is taken', () => {
    const someLines = fc.array(
      fc.string({ maxLength: 12 }).map((line) => line.replaceAll('\n', ' ')),
      { maxLength: 40 },
    );
    const someBounds = fc.array(fc.record({ records: fc.nat({ max: 8 }), bytes: fc.nat({ max: 60 }) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        someLines,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        someBounds,
        (lines, sizes, bounds) => {
          const buffer = new LineBuffer();
          const taken: string[] = [];
          const take = (bound: { records: number; bytes: number }): void => {
            const peeked = buffer.peek(bound);
            const texts = peeked.bytes.toString().split('\n').slice(0, -1);
            expect(texts).toHaveLength(peeked.records);
            expect(peeked.records).toBeLessThanOrEqual(bound.records);
            if (peeked.records > 1) expect(peeked.bytes.length).toBeLessThanOrEqual(bound.bytes);
            taken.push(...texts);
            buffer.drop(peeked);
          };
          let wire = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          for (let step = 0; wire.length > 0; step += 1) {
            const size = sizes[step % sizes.length] ?? 1;
            expect(buffer.push(wire.subarray(0, size))).toBe('taken');
            wire = wire.subarray(size);
            take(bounds[step % bounds.length] ?? { records: 0, bytes: 0 });
          }
          take({ records: Infinity, bytes: Infinity });
          expect(taken).toEqual(lines);
          expect(buffer.bytes).toBe(0);
          expect(buffer.records).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes a line of the greatest length, and no longer one', () => {
    const longest = 'x'.repeat(LINE_BYTES_MAX);
    expect(new LineBuffer().push(Buffer.from(`${longest}\n`))).toBe('taken');
    expect(new LineBuffer().push(Buffer.from(longest))).toBe('taken');
    expect(new LineBuffer().push(Buffer.from(`${longest}x`))).toBe('line_too_long');

    const buffer = new LineBuffer();
    expect(buffer.push(Buffer.from(`1\n2\n${longest}x\n3\n`))).toBe('line_too_long');
    expect(buffer.records).toBe(2);
  });

  it('holds in few blocks what comes byte by byte', () => {
    const buffer = new LineBuffer();
    const newline = Buffer.from('\n');
    for (let line = 0; line < 200_000; line += 1) buffer.push(newline);
    for (let byte = 0; byte < 200_000; byte += 1) buffer.push(Buffer.from('x'));

    expect(buffer.records).toBe(200_000);
    expect(buffer.bytes).toBe(400_000);
    expect(buffer.blockCount).toBeLessThan(50);
    expect(buffer.push(newline)).toBe('taken');
    const { records, bytes } = buffer.peek({ records: Infinity, bytes: Infinity });
    expect([records, bytes.toString()]).toEqual([200_001, `${'\n'.repeat(200_000)}${'x'.repeat(200_000)}\n`]);
  });
});
