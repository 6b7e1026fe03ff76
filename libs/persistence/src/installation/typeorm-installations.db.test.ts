import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { stores, type DataSource } from '../testing.js';

const yes = (): Promise<boolean> => Promise.resolve(true);

/** The row exists from the first question on. */
async function anInstallation(dataSource: DataSource) {
  const { installations } = stores(dataSource);
  await installations.find();
  return installations;
}

/** Resolves once a session of the test's database waits for a lock. */
async function untilOneWaits(dataSource: DataSource): Promise<void> {
  for (;;) {
    const [row] = await dataSource.query<{ waits: boolean }[]>(
      `SELECT count(*) > 0 AS waits FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (row?.waits === true) return;
  }
}

describe('the queue of an installation', () => {
  postgresTest(
    'is changed by one process at a time, which sees what came of the one before',
    async ({ dataSource }) => {
      const installations = await anInstallation(dataSource);
      const seen: (string | undefined)[] = [];
      let second: Promise<unknown> = Promise.resolve();

      const first = await installations.takeQueue('redis', async () => {
        second = installations.takeQueue('redis', ({ queue }) => {
          seen.push(queue?.id);
          return Promise.resolve(false);
        });
        await untilOneWaits(dataSource);
        return true;
      });

      expect(await second).toBeUndefined();
      expect(seen).toEqual([first]);
      expect((await installations.find()).queue).toMatchObject({ kind: 'redis', id: first });
    },
  );

  postgresTest('is marked while nobody changes it, and not at all once it is another', async ({ dataSource }) => {
    const installations = await anInstallation(dataSource);
    const id = await installations.takeQueue('redis', yes);
    if (id === undefined) throw new Error('The queue was not taken.');
    const order: string[] = [];
    let next: Promise<unknown> = Promise.resolve();

    await installations.markQueue(id, async () => {
      next = installations.takeQueue('redis', yes).then(() => order.push('taken'));
      await untilOneWaits(dataSource);
      order.push('marked');
    });
    await next;
    await installations.markQueue(id, () => Promise.resolve(void order.push('marked late')));

    expect(order).toEqual(['marked', 'taken']);
  });

  postgresTest('is used as long as a process says so, and seen when it says that', async ({ dataSource }) => {
    const installations = await anInstallation(dataSource);
    const older = await installations.takeQueue('redis', yes);
    const id = await installations.takeQueue('redis', yes);
    if (older === undefined || id === undefined) throw new Error('The queue was not taken.');
    await dataSource.query(
      "UPDATE installation SET queue_used_at = now() - interval '1 h', queue_seen_at = now() - interval '1 h'",
    );
    const before = (await installations.find()).queue;
    expect(before?.silentMs).toBeGreaterThan(3_599_000);

    await installations.noteQueueUsed(older, { isSighted: true });
    expect((await installations.find()).queue?.silentMs).toBeGreaterThan(3_599_000);

    await installations.noteQueueUsed(id, { isSighted: false });
    const used = (await installations.find()).queue;
    expect(used?.silentMs).toBeLessThan(60_000);
    expect(used?.seenAtMs).toBe(before?.seenAtMs);

    await installations.noteQueueUsed(id, { isSighted: true });
    expect((await installations.find()).queue?.seenAtMs).toBeGreaterThan(before?.seenAtMs ?? 0);
  });
});
