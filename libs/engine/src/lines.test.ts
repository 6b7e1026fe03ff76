import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { behindLine, behindLines, linesIn, offsetBehind, withoutNewline } from './lines.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const someText = fc.string({ unit: fc.constantFrom('a', 'ü', '\n'), maxLength: 30 });

/** The lines of a text, each with its newline if it has one. */
const split = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

describe('lines', () => {
  it('are counted, blank ones too, and the last one without a newline', () => {
    fc.assert(
      fc.property(someText, (text) => {
        expect(linesIn(encoder.encode(text))).toBe(split(text).length);
      }),
    );
  });

  it('are walked one after another', () => {
    fc.assert(
      fc.property(someText, (text) => {
        const bytes = encoder.encode(text);
        const found = [];
        for (let start = 0; start < bytes.length;) {
          const behind = behindLine(bytes, start);
          found.push(decoder.decode(withoutNewline(bytes, { start, behind })));
          start = behind;
        }
        expect(found).toEqual(split(text).map((line) => line.replace('\n', '')));
      }),
    );
  });

  it('are passed over within a part of the bytes, and not beyond it', () => {
    fc.assert(
      fc.property(someText, fc.nat({ max: 20 }), fc.nat({ max: 60 }), fc.nat({ max: 60 }), (text, lines, a, b) => {
        const bytes = encoder.encode(text);
        const [from = 0, end = 0] = [a, b].map((at) => Math.min(at, bytes.length)).sort((one, other) => one - other);
        const part = new TextDecoder('latin1').decode(bytes.subarray(from, end));
        const passed = split(part).slice(0, lines).join('').length;
        expect(behindLines(bytes, lines, { from, end })).toBe(from + passed);
      }),
    );
  });

  it('stand where their source counts bytes, or records', () => {
    const range = { from: 100, to: 200 };
    expect(offsetBehind({ range, offsetUnit: 'bytes' }, { bytes: 7, lines: 2 })).toBe(107);
    expect(offsetBehind({ range, offsetUnit: 'records' }, { bytes: 7, lines: 2 })).toBe(102);
  });
});
