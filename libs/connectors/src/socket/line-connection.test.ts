import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EgressPolicy } from '../egress/egress-policy.js';
import { Feed } from './feed.contract.js';
import { LineConnection } from './line-connection.js';

const MIB = 1024 * 1024;

describe('a line connection', () => {
  it('makes the sender wait when nobody takes the lines, and goes on when somebody does', async () => {
    const feed = await Feed.open();
    const connection = new LineConnection(
      { host: '127.0.0.1', port: feed.port },
      new EgressPolicy({ allow: ['127.0.0.1'], deny: [] }),
    );
    onTestFinished(() => connection.close());
    await connection.start();
    const sent = 64 * 1024;
    await feed.send(Buffer.from(`${'x'.repeat(1_023)}\n`.repeat(sent)));

    await vi.waitFor(() => expect(connection.lines.bytes).toBeGreaterThanOrEqual(16 * MIB), {
      timeout: 10_000,
      interval: 5,
    });
    const [socket] = feed.sockets;
    expect(socket?.writableLength).toBeGreaterThan(0);

    let taken = 0;
    while (taken < sent) {
      await vi.waitFor(() => expect(connection.lines.records).toBeGreaterThan(0), { timeout: 10_000, interval: 2 });
      expect(connection.lines.bytes).toBeLessThan(17 * MIB);
      const lines = connection.lines.peek({ records: Infinity, bytes: 4 * MIB });
      connection.lines.drop(lines);
      connection.makeRoom();
      taken += lines.records;
    }
    expect(taken).toBe(sent);
    expect(feed.connections).toBe(1);
  });

  it('comes back every time, and not again once it is closed', async () => {
    const feed = await Feed.open();
    const connection = new LineConnection(
      { host: '127.0.0.1', port: feed.port },
      new EgressPolicy({ allow: ['127.0.0.1'], deny: [] }),
    );
    await connection.start();
    for (let time = 2; time <= 3; time += 1) {
      await feed.send(`${time}\n`);
      await vi.waitFor(() => expect(connection.lines.records).toBe(time - 1), { timeout: 5_000, interval: 2 });
      feed.hangUp();
      await vi.waitFor(() => expect(feed.connections).toBe(time), { timeout: 5_000, interval: 2 });
    }
    await connection.close();
    await vi.waitFor(() => expect(feed.sockets.size).toBe(0), { timeout: 5_000, interval: 2 });
    expect(feed.connections).toBe(3);
  });
});
