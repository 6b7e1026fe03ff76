import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import { aCheckpoint, aClaimedRun, aSubmittedJob, aTenant } from './testing.js';

describe('bringing the schema up to this build', () => {
  postgresTest('happens once, by four processes that start together', async ({ database, dataSource }) => {
    await dataSource.query('DROP SCHEMA public CASCADE');
    await dataSource.query('CREATE SCHEMA public');

    await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));

    expect(await dataSource.query('SELECT name FROM migrations ORDER BY id')).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
    expect(await dataSource.query('SELECT id FROM jobs')).toEqual([]);
  });

  postgresTest('changes nothing that is as it should be', async ({ database, dataSource }) => {
    await dataSource.query(`INSERT INTO tenants (id, name) VALUES ('tnt_1', 'one')`);

    await migrate(database.url);

    expect(await dataSource.query('SELECT id FROM tenants')).toEqual([{ id: 'tnt_1' }]);
  });

  postgresTest('finds that checkpoints of the first schema build on nothing', async ({ database, dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { runs, claimed } = await aClaimedRun(dataSource);
    await runs.beginCheckpoint(claimed.fence, aCheckpoint('ckp_1', 1));
    await dataSource.query('ALTER TABLE checkpoints DROP COLUMN builds_on, DROP COLUMN holds');
    await dataSource.query('DELETE FROM migrations WHERE name = $1', [MIGRATIONS[1].name]);

    await migrate(database.url);

    expect(await dataSource.query('SELECT id, builds_on FROM checkpoints')).toEqual([{ id: 'ckp_1', builds_on: [] }]);
  });

  postgresTest(
    'is refused for data of a newer build, of which nothing is changed',
    async ({ database, dataSource }) => {
      await dataSource.query(`DELETE FROM migrations`);
      await dataSource.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')`);

      await expect(migrate(database.url)).rejects.toMatchObject({
        code: 'data_newer_than_build',
        params: { unknown: 'Later9999999999999' },
      });
      expect(await dataSource.query('SELECT name FROM migrations')).toEqual([{ name: 'Later9999999999999' }]);
    },
  );
});
