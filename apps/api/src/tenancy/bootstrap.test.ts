import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixedClock, UuidIds } from '../testing/in-memory-ports.js';
import { InMemoryTenantStore } from '../testing/in-memory-tenant-store.js';
import { Bootstrap } from './bootstrap.js';
import { sha256OfKey } from './callers.js';

const ADMIN_KEY = 'tdm_admin_0123456789abcdef';
const TENANT_KEY = 'tdm_tenant_0123456789abcdef';

describe('the keys that the operator has chosen', () => {
  let folder: string;
  let store: InMemoryTenantStore;
  const run = async (content: object): Promise<void> => {
    await writeFile(join(folder, 'keys.json'), JSON.stringify(content));
    await new Bootstrap(store, new UuidIds(), new FixedClock()).run(join(folder, 'keys.json'));
  };
  const chosen = { adminKey: ADMIN_KEY, tenant: { name: 'local' }, tenantKey: TENANT_KEY };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-bootstrap-'));
    store = new InMemoryTenantStore();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are known once the api is up', async () => {
    await run(chosen);
    expect(await store.findCaller(sha256OfKey(ADMIN_KEY))).toMatchObject({ role: 'admin' });
    expect(await store.findCaller(sha256OfKey(TENANT_KEY))).toMatchObject({
      role: 'tenant',
      tenantId: store.tenants[0]?.id,
    });
  });

  it('stay as they are at every later start', async () => {
    await run(chosen);
    const before = await store.findCaller(sha256OfKey(TENANT_KEY));
    await run(chosen);
    expect(await store.findCaller(sha256OfKey(TENANT_KEY))).toEqual(before);
    expect(store.tenants).toHaveLength(1);
  });

  it('stay revoked at every later start, which says so', async () => {
    await run(chosen);
    for (const { id } of await store.listKeys({ role: 'admin' }, { limit: 10 })) {
      await store.revokeKey({ role: 'admin' }, id);
    }
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await run(chosen);

    expect(await store.findCaller(sha256OfKey(ADMIN_KEY))).toBeUndefined();
    expect(warned.mock.calls).toEqual([[expect.stringContaining('The adminKey of the bootstrap file is revoked')]]);
    warned.mockRestore();
  });

  it('are replaced by what the file says later, beside which the old ones go on until they are revoked', async () => {
    await run(chosen);
    await run({ ...chosen, adminKey: `${ADMIN_KEY}_2` });

    for (const key of [ADMIN_KEY, `${ADMIN_KEY}_2`]) {
      expect(await store.findCaller(sha256OfKey(key))).toMatchObject({ role: 'admin' });
    }
  });

  it('are taken when another api has written them at the same moment', async () => {
    const addKey = store.addKey.bind(store);
    store.addKey = async (key) => {
      await addKey(key);
      throw new Error('duplicate key value');
    };
    await expect(run(chosen)).resolves.toBeUndefined();
  });

  it('are refused when they are too short to be keys', async () => {
    await expect(run({ ...chosen, adminKey: 'admin' })).rejects.toThrow(/adminKey/);
  });
});
