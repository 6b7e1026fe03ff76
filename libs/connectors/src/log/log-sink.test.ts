import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../connector.js';
import { openSink } from '../connectors.js';
import { aWrite } from '../sink.contract.js';
import { aContext, aNode } from '../connector.contract.js';

async function aLogSink(options: { readonly rowsPerBatch?: number } = {}) {
  const entries: LogEntry[] = [];
  const context = await aContext({ log: async (entry) => void entries.push(entry) });
  return { sink: await openSink(aNode('sink', 'log', options), context), entries };
}

describe('the log sink', () => {
  it('shows the first rows of a batch and counts all', async () => {
    const { sink, entries } = await aLogSink({ rowsPerBatch: 2 });
    const write = aWrite(1);
    await sink.write(write);
    const sample = Buffer.from(write.bytes).toString().split('\n').slice(0, 2);
    expect(entries).toEqual([
      { sink: 'lines', timeline: 1, batchId: 1, batchTimeMs: write.batchTimeMs, rows: 3, sample },
    ]);
    expect(sink.guarantee).toBe('at_least_once');
  });

  it('cuts a row that is too long to be read', async () => {
    const { sink, entries } = await aLogSink();
    await sink.write({ ...aWrite(1), rows: 1, bytes: Buffer.from(`"${'x'.repeat(100_000)}"\n`) });
    expect(entries[0]?.sample[0]).toHaveLength(2_001);
  });

  it('shows only what a database can keep, also where the cut goes through a character', async () => {
    const { sink, entries } = await aLogSink();
    await sink.write({ ...aWrite(1), rows: 2, bytes: Buffer.from(`"\0"\n"${'🛬'.repeat(2_000)}"\n`) });
    const [nul, long] = entries[0]?.sample ?? [];
    expect(nul).toBe('"\\u0000"');
    expect(long?.isWellFormed()).toBe(true);
  });

  it('is silent about a batch without rows', async () => {
    const { sink, entries } = await aLogSink();
    await sink.write({ ...aWrite(1), rows: 0, bytes: new Uint8Array() });
    expect(entries).toEqual([]);
  });
});
