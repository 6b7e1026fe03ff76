import { IdempotencyStore, type TenantId } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { IdempotencyKeyRow } from '../rows/index.js';

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
    await this.dataSource.query(
      `INSERT INTO idempotency_keys (tenant_id, key, request_sha256) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT idempotency_keys_pk DO NOTHING`,
      [key.tenantId, key.key, key.requestSha256],
    );
    const row = await this.dataSource.manager.findOneBy(IdempotencyKeyRow, { tenantId: key.tenantId, key: key.key });
    if (row === null) return { outcome: 'unanswered' };
    if (row.requestSha256 !== key.requestSha256) return { outcome: 'other_request' };
    return row.status === null ? { outcome: 'unanswered' } : { outcome: 'repeat', status: row.status, body: row.body };
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
