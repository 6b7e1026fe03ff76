import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { aTenant } from '../testing.js';
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
