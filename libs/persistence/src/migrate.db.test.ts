import type { SavepointId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { migrate } from './migrate.js';
import { ADDITIVE_MIGRATIONS, MIGRATIONS } from './migrations/index.js';
import { aCheckpoint, aClaimedRun, aSubmittedJob, aTenant, stores } from './testing.js';

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
    'goes on counting savepoints where it finds that they have come to',
    async ({ database, dataSource }) => {
      const tenantId = await aTenant(dataSource);
      const [asked, none] = [await aSubmittedJob(dataSource, tenantId), await aSubmittedJob(dataSource, tenantId)];
      const recovery = stores(dataSource).recovery.forTenant(tenantId);
      for (const id of ['sav_1', 'sav_2', 'sav_3'] as SavepointId[])
        await recovery.requestSavepoint(asked, { id, label: id }, { actor: 'test', trace: undefined });
      await dataSource.query(`DELETE FROM savepoints WHERE id = 'sav_1'`);
      await dataSource.query('ALTER TABLE jobs DROP COLUMN savepoints_asked');
      await dataSource.query('DELETE FROM migrations WHERE name = $1', [MIGRATIONS[14].name]);

      await migrate(database.url);

      const found = await dataSource.query<{ id: string; savepoints_asked: number }[]>(
        'SELECT id, savepoints_asked FROM jobs',
      );
      expect(new Map(found.map((job) => [job.id, job.savepoints_asked]))).toEqual(
        new Map([
          [asked, 3],
          [none, 0],
        ]),
      );
    },
  );

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

  postgresTest('lets a build run whose data a newer one has only added to', async ({ database, dataSource }) => {
    await dataSource.query(
      `INSERT INTO migrations (timestamp, name, older_builds) VALUES (9999999999998, 'Added9999999999998', 'run')`,
    );
    const before = await dataSource.query<object[]>('SELECT * FROM migrations ORDER BY id');

    await migrate(database.url);

    expect(await dataSource.query('SELECT * FROM migrations ORDER BY id')).toEqual(before);
  });

  postgresTest('is refused if only some of what is newer was added', async ({ database, dataSource }) => {
    await dataSource.query(
      `INSERT INTO migrations (timestamp, name, older_builds)
       VALUES (9999999999998, 'Added9999999999998', 'run'), (9999999999999, 'Changed9999999999999', 'refused')`,
    );

    await expect(migrate(database.url)).rejects.toMatchObject({
      code: 'data_newer_than_build',
      params: { unknown: 'Changed9999999999999' },
    });
  });

  postgresTest('says of each migration whether older builds run with it', async ({ dataSource }) => {
    expect(await olderBuilds(dataSource)).toEqual(EXPECTED);
  });

  postgresTest('says so too where the process that applied them has ended before', async ({ database, dataSource }) => {
    await dataSource.query(`UPDATE migrations SET older_builds = 'refused'`);

    await migrate(database.url);

    expect(await olderBuilds(dataSource)).toEqual(EXPECTED);
  });
});

const EXPECTED = MIGRATIONS.map(({ name }) => ({
  name,
  older_builds: ADDITIVE_MIGRATIONS.includes(name) ? 'run' : 'refused',
}));

const olderBuilds = (dataSource: DataSource): Promise<object> =>
  dataSource.query('SELECT name, older_builds FROM migrations ORDER BY id');
