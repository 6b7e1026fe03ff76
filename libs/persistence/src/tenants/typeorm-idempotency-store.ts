import { IdempotencyStore, type TenantId } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { IdempotencyKeyRow } from '../rows/index.js';

/** A first request that died leaves its key behind; after this long somebody else may do the work. */
const ABANDONED_AFTER = `interval '1 minute'`;

@Injectable()
export class TypeOrmIdempotencyStore extends IdempotencyStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async begin(key: {
    readonly tenantId: TenantId;
    readonly key: string;
    readonly requestSha256: string;
  }): ReturnType<IdempotencyStore['begin']> {
    const taken = (await this.dataSource.query(
      `INSERT INTO idempotency_keys AS k (tenant_id, key, request_sha256) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT idempotency_keys_pk DO UPDATE SET created_at = now()
        WHERE k.status IS NULL AND k.created_at < now() - ${ABANDONED_AFTER} AND k.request_sha256 = $3
       RETURNING key`,
      [key.tenantId, key.key, key.requestSha256],
    )) as unknown[];
    if (taken.length === 1) return { outcome: 'first' };
    const row = await this.dataSource.manager.findOneBy(IdempotencyKeyRow, { tenantId: key.tenantId, key: key.key });
    if (row === null) return { outcome: 'in_progress' };
    if (row.requestSha256 !== key.requestSha256) return { outcome: 'other_request' };
    return row.status === null ? { outcome: 'in_progress' } : { outcome: 'repeat', status: row.status, body: row.body };
  }

  override async complete(
    { tenantId, key }: { readonly tenantId: TenantId; readonly key: string },
    { status, body }: { readonly status: number; readonly body: unknown },
  ): Promise<void> {
    await this.dataSource.query(
      'UPDATE idempotency_keys SET status = $3, body = $4::jsonb WHERE tenant_id = $1 AND key = $2',
      [tenantId, key, status, JSON.stringify(body ?? null)],
    );
  }

  override async abandon({ tenantId, key }: { readonly tenantId: TenantId; readonly key: string }): Promise<void> {
    await this.dataSource.query('DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key = $2 AND status IS NULL', [
      tenantId,
      key,
    ]);
  }
}
