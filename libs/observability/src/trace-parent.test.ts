import { describe, expect, it } from 'vitest';
import { parseTraceParent, traceParentOf } from './trace-parent.js';

const SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const NOT_SAMPLED = SAMPLED.replace(/01$/, '00');

describe('a traceparent', () => {
  it.each([SAMPLED, NOT_SAMPLED])('is the same after it was read and written: %s', (text) => {
    const span = parseTraceParent(text);

    expect(span).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' });
    expect(span === undefined ? undefined : traceParentOf(span)).toBe(text);
  });

  it.each([
    ['a text', 'nonsense'],
    ['another version', SAMPLED.replace('00-', 'ff-')],
    ['upper case', SAMPLED.toUpperCase()],
    ['the trace id of nothing', SAMPLED.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32))],
    ['the span id of nothing', SAMPLED.replace('b7ad6b7169203331', '0'.repeat(16))],
    ['a line break', `${SAMPLED}\n`],
  ])('is not found in %s', (_, text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });

  it('does not exist for a span of no trace', () => {
    expect(traceParentOf({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 })).toBeUndefined();
  });
});
