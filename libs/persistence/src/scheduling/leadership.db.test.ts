import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { Leadership } from './leadership.js';

describe('leadership', () => {
  postgresTest('R7: is with one scheduler at a time', async ({ dataSource }) => {
    const contenders = [new Leadership(dataSource), new Leadership(dataSource), new Leadership(dataSource)];
    const leading = await Promise.all(contenders.map((each) => each.isMine()));
    expect(leading.filter((mine) => mine)).toHaveLength(1);
  });

  postgresTest(
    'R7: passes on when the leader is frozen, and the leader learns of it when it wakes',
    async ({ dataSource }) => {
      const frozen = new Leadership(dataSource);
      const other = new Leadership(dataSource);
      expect(await frozen.isMine()).toBe(true);
      await dataSource.query(`UPDATE scheduler_leader SET renewed_at = now() - interval '1 minute'`);

      expect(await other.isMine()).toBe(true);
      await frozen.resign();

      expect(await frozen.isMine()).toBe(false);
      expect(await other.isMine()).toBe(true);
    },
  );

  postgresTest('passes on at once when the leader resigns', async ({ dataSource }) => {
    const leader = new Leadership(dataSource);
    const other = new Leadership(dataSource);
    expect(await leader.isMine()).toBe(true);
    await leader.resign();
    expect(await other.isMine()).toBe(true);
  });
});
