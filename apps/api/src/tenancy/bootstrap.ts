import { readFile } from 'node:fs/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type ApiKeyId, Clock, IdSource, type KeyRole, type TenantId, TenantStore } from '@tidemark/domain';
import { z } from 'zod';
import { sha256OfKey } from './callers.js';

const bootstrapFile = z.object({
  adminKey: z.string().min(20),
  tenant: z.object({ name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/) }),
  tenantKey: z.string().min(20),
});

/** Makes sure, at every start, of the keys that the operator has chosen: without a first key nobody could ask for another. */
@Injectable()
export class Bootstrap {
  private readonly log = new Logger('bootstrap');

  constructor(
    private readonly tenants: TenantStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {}

  /** `path` names a JSON file `{ adminKey, tenant: { name }, tenantKey }`. What exists already stays as it is, and so does a key that is revoked. */
  async run(path: string): Promise<void> {
    const { adminKey, tenant, tenantKey } = bootstrapFile.parse(JSON.parse(await readFile(path, 'utf8')));
    const createdAt = new Date(this.clock.nowMs());
    const { id } = await this.tenants.ensureTenant({ id: this.ids.next('tenant'), name: tenant.name, createdAt });
    await this.ensureKey(adminKey, 'admin', undefined);
    await this.ensureKey(tenantKey, 'tenant', id);
  }

  private async ensureKey(key: string, role: KeyRole, tenantId: TenantId | undefined): Promise<void> {
    const sha256 = sha256OfKey(key);
    const works = async (): Promise<boolean> => (await this.tenants.findCaller(sha256)) !== undefined;
    if (await works()) return;
    const id: ApiKeyId = this.ids.next('apiKey');
    await this.tenants.addKey({ id, tenantId, role, sha256, label: 'bootstrap' }).catch(async (error: unknown) => {
      // Another api that started at the same moment may have been first.
      if (!(await works())) throw error;
    });
    if (!(await works())) this.log.warn(`The ${role}Key of the bootstrap file is revoked: put another in its place.`);
  }
}
