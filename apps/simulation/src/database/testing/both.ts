import type { TenantId } from '@tidemark/domain';
import { stores, type DataSource, type Stores } from '@tidemark/persistence/testing';
import { aBundle, BUNDLES, SHAPES } from '../../job/bundles.js';
import { CountedIds } from '../../world/counted-ids.js';
import { Database } from '../database.js';
import { MemoryControl } from '../memory-control.js';
import { MemoryRunStore } from '../memory-run-store.js';
import { MemorySchedulingStore } from '../memory-scheduling-store.js';
import { MemoryUpkeep } from '../memory-upkeep.js';

/** Every transaction is later than the one before, as they are in Postgres. */
class Ticks {
  private at = 1_000_000;
  readonly next = (): number => (this.at += 1);
}

const atOnce = <T>(_: string, work: () => T): Promise<T> => {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
};

export interface Memory {
  readonly database: Database;
  readonly runs: MemoryRunStore;
  readonly scheduling: MemorySchedulingStore;
  readonly upkeep: MemoryUpkeep;
  readonly control: MemoryControl;
}

export interface Both {
  readonly tenantId: TenantId;
  readonly dataSource: DataSource;
  readonly postgres: Stores;
  readonly memory: Memory;
  /** For what both are given. */
  readonly ids: CountedIds;
}

/** One tenant with three bundles, in Postgres and in memory. Both make the same ids. */
export async function openBoth(dataSource: DataSource, prefix: string): Promise<Both> {
  const ids = new CountedIds(`${prefix}a`);
  const tenantId = ids.next('tenant');
  const postgres = stores(dataSource, new CountedIds(`${prefix}b`));
  await postgres.tenants.ensureTenant({ id: tenantId, name: tenantId, createdAt: new Date(0) });
  const database = new Database(new CountedIds(`${prefix}b`), new Ticks().next, () => 0.5);
  database.tables.tenants.push(tenantId);
  for (const digest of Object.values(BUNDLES)) {
    const manifest = aBundle(SHAPES[digest] ?? '', digest === BUNDLES.fits ? 'coalesce' : 'skip');
    const bundle = { tenantId, digest, bytes: 1, manifest, createdAt: new Date(0) };
    await postgres.jobs.forTenant(tenantId).saveBundle(bundle);
    database.tables.bundles.set(digest, manifest);
  }
  const memory: Memory = {
    database,
    runs: new MemoryRunStore(database, atOnce),
    scheduling: new MemorySchedulingStore(database, atOnce),
    upkeep: new MemoryUpkeep(database, atOnce),
    control: new MemoryControl(database, atOnce),
  };
  return { tenantId, dataSource, postgres, memory, ids };
}
