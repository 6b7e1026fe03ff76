import { startTracing } from '@tidemark/observability';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inSubmitSpan, traceOf } from './trace.js';

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

  describe('while spans are made', () => {
    let tracing: ReturnType<typeof startTracing>;
    beforeAll(() => {
      tracing = startTracing('test', {});
    });
    afterAll(() => tracing.close());

    it('goes on below the span of the submission', async () => {
      const carried = await inSubmitSpan(PARENT, (trace) => Promise.resolve(trace));

      expect(carried).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
      expect(carried).not.toBe(PARENT);
    });

    it('begins with the span of the submission where the request has none', async () => {
      expect(await inSubmitSpan(undefined, (trace) => Promise.resolve(trace))).toMatch(
        /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
      );
    });
  });
});
