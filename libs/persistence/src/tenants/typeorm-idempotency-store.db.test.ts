import { randomBytes } from 'node:crypto';
import type { TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aTenant, stores } from '../testing.js';
import { TypeOrmIdempotencyStore } from './typeorm-idempotency-store.js';

const answer = { status: 201, body: { id: 'job_1' } };

describe('the store of answers', () => {
  postgresTest('gives a repeated request the stored answer, and a different one none', async ({ dataSource }) => {
    const store = new TypeOrmIdempotencyStore(dataSource);
    const key = { tenantId: await aTenant(dataSource), key: 'once', requestSha256: 'a' };

    expect(await store.begin(key)).toEqual({ outcome: 'unanswered' });
    await store.complete(key, answer);

    expect(await store.begin(key)).toEqual({ outcome: 'repeat', ...answer });
    expect(await store.begin({ ...key, requestSha256: 'b' })).toEqual({ outcome: 'other_request' });
    expect(await store.begin({ ...key, tenantId: await aTenant(dataSource) })).toEqual({ outcome: 'unanswered' });
  });

  postgresTest('lets the repetition of a request that died go on at once, and no other', async ({ dataSource }) => {
    const store = new TypeOrmIdempotencyStore(dataSource);
    const key = { tenantId: await aTenant(dataSource), key: 'once', requestSha256: 'a' };
    await store.begin(key);

    expect(await store.begin(key)).toEqual({ outcome: 'unanswered' });
    expect(await store.begin({ ...key, requestSha256: 'b' })).toEqual({ outcome: 'other_request' });
  });

  postgresTest('forgets a key whose request failed, but never an answer', async ({ dataSource }) => {
    const store = new TypeOrmIdempotencyStore(dataSource);
    const key = { tenantId: await aTenant(dataSource), key: 'once', requestSha256: 'a' };
    await store.begin(key);
    await store.abandon(key);

    expect(await store.begin({ ...key, requestSha256: 'b' })).toEqual({ outcome: 'unanswered' });
    await store.complete(key, answer);
    await store.abandon(key);
    expect(await store.begin({ ...key, requestSha256: 'b' })).toMatchObject({ outcome: 'repeat' });
  });
});

describe('what is kept of answers', () => {
  const DAY_MS = 24 * 3_600_000;
  const KEYS = ['first', 'second', 'third', 'fourth', 'fifth'];
  const BYTES = 30_000;
  const MANY = { keptMs: DAY_MS, perTenant: { keys: 100, bytes: 1_000_000 } };

  /** A tenant with an answer under each key, a second after the other, the last a second ago. */
  async function aTenantWithAnswers(dataSource: DataSource): Promise<TenantId> {
    const [tenantId, store] = [await aTenant(dataSource), new TypeOrmIdempotencyStore(dataSource)];
    for (const [index, key] of KEYS.entries()) {
      await store.begin({ tenantId, key, requestSha256: 'a' });
      await store.complete({ tenantId, key }, { status: 201, body: randomBytes(BYTES).toString('base64') });
      await dataSource.query(
        `UPDATE idempotency_keys SET created_at = now() - $3 * interval '1 s' WHERE tenant_id = $1 AND key = $2`,
        [tenantId, key, KEYS.length - index],
      );
    }
    return tenantId;
  }

  const keptOf = async (dataSource: DataSource, tenantId: TenantId): Promise<readonly string[]> => {
    const rows = await dataSource.query<{ key: string }[]>(
      'SELECT key FROM idempotency_keys WHERE tenant_id = $1 ORDER BY created_at',
      [tenantId],
    );
    return rows.map(({ key }) => key);
  };

  postgresTest('are those that are not too old, within the limits all of them', async ({ dataSource }) => {
    const tenantId = await aTenantWithAnswers(dataSource);
    await dataSource.query(`UPDATE idempotency_keys SET created_at = now() - interval '25 h' WHERE key = 'first'`);

    await stores(dataSource).scheduling.pruneIdempotencyKeys(MANY);

    expect(await keptOf(dataSource, tenantId)).toEqual(['second', 'third', 'fourth', 'fifth']);
  });

  postgresTest.for([
    ['keys', { keys: 2, bytes: 1_000_000 }],
    ['bytes', { keys: 100, bytes: 3 * BYTES }],
  ] as const)(
    "are the newest within a limit on %s, and another tenant's beside them",
    async ([, perTenant], { dataSource }) => {
      const [tenantId, other] = [await aTenantWithAnswers(dataSource), await aTenant(dataSource)];
      const [store, theirs] = [
        new TypeOrmIdempotencyStore(dataSource),
        { tenantId: other, key: 'theirs', requestSha256: 'b' },
      ];
      await store.begin(theirs);
      await store.complete(theirs, answer);

      await stores(dataSource).scheduling.pruneIdempotencyKeys({ ...MANY, perTenant });

      expect(await keptOf(dataSource, tenantId)).toEqual(['fourth', 'fifth']);
      expect(await store.begin(theirs)).toMatchObject({ outcome: 'repeat' });
      expect(await store.begin({ tenantId, key: 'first', requestSha256: 'a' })).toEqual({ outcome: 'unanswered' });
    },
  );
});
