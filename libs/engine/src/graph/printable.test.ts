import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from './printable.js';

describe('printable text', () => {
  it('is one line that no terminal acts on', () => {
    expect(printable('a\nb\u001b[2J\u007f\u009b\u2028c')).toBe('a\\nb\\u001b[2J\\u007f\\u009b\\u2028c');
  });

  it('is not made of what is beyond its bound', () => {
    // Escaped, this would be longer than a string can be.
    const long = '\u0001'.repeat(90_000_000);
    expect(printable(long, 8)).toBe('\\u0001\\u');
  });

  it('can be stored, whatever it was and wherever it is cut', () => {
    const anyText = fc.string({ unit: fc.constantFrom('\0', '\ud800', '\udc00', '🛬', 'a') });
    fc.assert(
      fc.property(anyText, fc.nat({ max: 12 }), (text, charsMax) => {
        const printed = printable(text, charsMax);
        expect(printed.isWellFormed()).toBe(true);
        expect(printed).not.toContain('\0');
        expect(printed.length).toBeLessThanOrEqual(charsMax);
      }),
    );
  });
});
