import { describe, expect, it } from 'vitest';
import { traceOf } from './trace.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the trace of a request', () => {
  it.each([
    undefined,
    'nonsense',
    ['a', 'b'],
    PARENT.replace('00-', 'ff-'),
    PARENT.toUpperCase(),
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    `${PARENT}\n`,
  ])('is not taken from %j', (header) => {
    expect(traceOf(header)).toBeUndefined();
  });

  it('is taken from a traceparent', () => {
    expect(traceOf(PARENT)).toBe(PARENT);
  });
});
