import { walFolder } from '@tidemark/checkpoint';
import { heldObjects } from '@tidemark/domain';
import type { Source } from '@tidemark/engine';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import type { ConnectorContext } from '../connector.js';
import { openSource } from '../connectors.js';
import { EgressPolicy } from '../egress/egress-policy.js';
import { aRequest, linesOf, sourceContract } from '../source.contract.js';
import { Feed } from './feed.contract.js';
import { LINE_BYTES_MAX, LineBuffer } from './line-buffer.js';

async function aFeed(options: object = {}) {
  const feed = await Feed.open();
  const context = await aContext({ egress: new EgressPolicy({ allow: ['127.0.0.1'], deny: [] }) });
  const open = async (more: Partial<ConnectorContext> = {}): Promise<Source> => {
    const node = aNode('source', 'socket', { host: '127.0.0.1', port: feed.port, format: 'text', ...options });
    const source = await openSource(node, { ...context, ...more });
    onTestFinished(() => source.close());
    return source;
  };
  return { feed, context, open };
}

/** Plans again until there is something in the plan: lines take a moment to arrive. */
async function planned(source: Source, request = aRequest(1)) {
  return vi.waitFor(
    async () => {
      const ranges = await source.plan(request);
      expect(ranges).not.toEqual({});
      return ranges;
    },
    { timeout: 5_000, interval: 5 },
  );
}

sourceContract('socket', async () => {
  const { feed, open } = await aFeed();
  const arrived = vi.spyOn(LineBuffer.prototype, 'push');
  onTestFinished(() => arrived.mockRestore());
  const records: string[] = [];
  return {
    runsDry: true,
    records: () => new Map([['0', records]]),
    open: () => open(),
    feed: async () => {
      const lines = Array.from({ length: 5 }, (_, index) => `line ${records.length + index} ä`);
      records.push(...lines);
      await feed.send(lines.map((line) => `${line}\n`).join(''));
      const bytes = Buffer.byteLength(records.map((line) => `${line}\n`).join(''));
      const received = (): number => arrived.mock.calls.reduce((sum, [chunk]) => sum + chunk.length, 0);
      await vi.waitFor(() => expect(received()).toBe(bytes), { timeout: 5_000, interval: 2 });
    },
  };
});

describe('the socket source', () => {
  it('stores the lines of a batch before it names them in a plan', async () => {
    const { feed, context, open } = await aFeed();
    const source = await open({ epoch: 4 });
    await feed.send('a\nb\nhalf');
    const ranges = await planned(source, aRequest(9, { from: { '0': 40 } }));

    expect(ranges['0']).toMatchObject({ from: 40, to: 42 });
    const plan = { timeline: 1, batchId: 9, batchTimeMs: 0, ranges: { lines: ranges } };
    const [held = ''] = heldObjects(plan);
    expect(held).toMatch(/^wal\/tnt_a\/job_a\/[0-9a-f]{16}\/t1-b9-e4-[0-9a-f-]{36}\.ndjson$/);
    expect(held.startsWith(`${walFolder(context)}/`)).toBe(true);
    expect(Buffer.from(await context.objects.get(held)).toString()).toBe('a\nb\n');
  });

  it('keeps lines that could not be stored for the next plan', async () => {
    const { feed, context, open } = await aFeed();
    const source = await open();
    await feed.send('a\nb\n');
    const put = vi.spyOn(context.objects, 'put').mockRejectedValueOnce(new Error('full'));
    await vi.waitFor(async () => expect(await source.plan(aRequest(1)).catch(() => 'failed')).toBe('failed'), {
      timeout: 5_000,
      interval: 5,
    });
    put.mockRestore();
    const [chunk] = await source.read(await planned(source));
    expect(chunk === undefined ? [] : linesOf(chunk)).toEqual(['a', 'b']);
  });

  it('takes no more than its rate, and the rest later', async () => {
    const { feed, open } = await aFeed({ recordsPerSecond: 6 });
    const source = await open();
    await feed.send('1\n2\n3\n4\n');
    expect(await planned(source)).toMatchObject({ '0': { from: 0, to: 3 } });
    expect(await planned(source, aRequest(2, { from: { '0': 3 } }))).toMatchObject({ '0': { from: 3, to: 4 } });
  });

  it('connects again, and drops a line that was cut in two', async () => {
    const { feed, open } = await aFeed();
    const source = await open();
    await feed.send('1\nhal');
    await planned(source);
    feed.hangUp();
    await vi.waitFor(() => expect(feed.connections).toBe(2), { timeout: 5_000 });
    await feed.send('2\n');
    const [chunk] = await source.read(await planned(source, aRequest(2, { from: { '0': 1 } })));
    expect(chunk === undefined ? [] : linesOf(chunk)).toEqual(['2']);
  });

  it('opens while the server is down, and connects when it is there', async () => {
    const { feed, open } = await aFeed();
    await feed.goDown();
    const source = await open();
    expect(await source.plan(aRequest(1))).toEqual({});
    await feed.comeUp();
    await feed.send('1\n');
    expect(await planned(source)).toMatchObject({ '0': { from: 0, to: 1 } });
  });

  it('names the offset of a line that is too long, after what came before it', async () => {
    const { feed, open } = await aFeed();
    const source = await open();
    await feed.send(`1\n2\n${'x'.repeat(LINE_BYTES_MAX + 10)}`);
    expect(await planned(source)).toMatchObject({ '0': { from: 0, to: 2 } });
    await vi.waitFor(
      async () => {
        await expect(source.plan(aRequest(2, { from: { '0': 2 } }))).rejects.toMatchObject({
          code: 'record_unreadable',
          params: { offset: 2 },
        });
      },
      { timeout: 5_000, interval: 10 },
    );
  });

  it('is refused where the service does not allow it to connect', async () => {
    const { open } = await aFeed();
    await expect(open({ egress: new EgressPolicy({ allow: [], deny: [] }) })).rejects.toMatchObject({
      code: 'connector_refused',
      message: expect.stringContaining('does not allow connections to 127.0.0.1'),
    });
  });

  it('reads no object of another job, and says which range is gone', async () => {
    const { feed, context, open } = await aFeed();
    const source = await open();
    await context.objects.put('wal/tnt_b/job_b/0/x.ndjson', Buffer.from('secret\n'));
    const foreign = { '0': { from: 0, to: 1, held: 'wal/tnt_b/job_b/0/x.ndjson' } };
    await expect(source.read(foreign)).rejects.toMatchObject({ code: 'offsets_expired' });
    await expect(source.read({ '0': { from: 0, to: 1 } })).rejects.toMatchObject({ code: 'offsets_expired' });

    await feed.send('a\n');
    const ranges = await planned(source);
    await context.objects.remove(ranges['0']?.held ?? '');
    const next = await open();
    await expect(next.read(ranges)).rejects.toMatchObject({
      code: 'offsets_expired',
      params: { partition: '0', from: 0, to: 1 },
    });
  });
});
