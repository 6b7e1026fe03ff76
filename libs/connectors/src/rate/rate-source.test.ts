import { describe, expect, it } from 'vitest';
import { openSource } from '../connectors.js';
import { aRequest, linesOf, sourceContract } from '../source.contract.js';
import { aContext, aNode } from '../connector.contract.js';

sourceContract('rate', async () => {
  const context = await aContext();
  let fed = 0;
  return {
    runsDry: false,
    open: () => openSource(aNode('source', 'rate', { recordsPerSecond: 10 }), context),
    feed: async () => void (fed += 5),
    records: () =>
      new Map([['0', Array.from({ length: fed }, (_, value) => `{"value":${value},"timeMs":${value * 100}}`)]]),
  };
});

describe('the rate source', () => {
  it('keeps its rate over time when a batch holds less than one record', async () => {
    const source = await openSource(aNode('source', 'rate', { recordsPerSecond: 0.5 }), await aContext());
    let from = 0;
    for (let batchId = 1; batchId <= 100; batchId += 1) {
      const ranges = await source.plan(aRequest(batchId, { from: { '0': from } }));
      from = ranges['0']?.to ?? from;
    }
    expect(from).toBe(25);
  });

  it.each([
    [{ maxRecordsPerBatch: 7 }, 7],
    [{ maxBytesPerBatch: 1_000 }, 13],
    [{ maxBytesPerBatch: 1 }, 1],
  ])('keeps within %j', async (limits, records) => {
    const source = await openSource(aNode('source', 'rate', { recordsPerSecond: 1_000, ...limits }), await aContext());
    expect(await source.plan(aRequest(1))).toEqual({ '0': { from: 0, to: records } });
  });

  it('has nothing that waits, and makes nothing behind a given end', async () => {
    const source = await openSource(aNode('source', 'rate', { recordsPerSecond: 1_000 }), await aContext());
    expect(await source.backlog?.({ '0': 5 })).toEqual({});
    expect(await source.plan(aRequest(1, { from: { '0': 5 }, until: {} }))).toEqual({});
  });

  it('makes no batch that is too large to hold', async () => {
    const source = await openSource(aNode('source', 'rate', { recordsPerSecond: 1_000_000 }), await aContext());
    const ranges = await source.plan(aRequest(1, { intervalMs: 3_600_000 }));
    const [chunk] = await source.read(ranges);
    expect(chunk === undefined ? 0 : linesOf(chunk).length).toBe(200_000);
  });

  it('begins nowhere that it could not count on from', async () => {
    const { seekable } = await openSource(aNode('source', 'rate', { recordsPerSecond: 1_000_000 }), await aContext());
    const farAway = Date.UTC(9999, 11, 31);
    await expect(seekable?.seek({ timestampMs: farAway })).rejects.toMatchObject({ code: 'offset_out_of_range' });
    await expect(seekable?.locate({ '0': Number.MAX_SAFE_INTEGER })).rejects.toMatchObject({
      code: 'offset_out_of_range',
    });
    await expect(seekable?.seek({ timestampMs: Date.UTC(2100, 0, 1) })).resolves.toMatchObject({
      offsets: { '0': 4_102_444_800_000_000 },
    });
  });
});
