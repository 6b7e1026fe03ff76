import {
  RetentionStore,
  type JobId,
  type JobRetention,
  type JobUsage,
  type QuotaPressure,
  type RetentionLimits,
  type StoredCheckpoints,
  type TenantId,
  type TenantUsage,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobRetentionRow, QuotaPressureRow, TenantRetentionRow } from '../rows/index.js';
import { STORED } from './quotas.js';
import { limitsOfJobs } from './retention.js';

@Injectable()
export class TypeOrmRetentionStore extends RetentionStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async ofTenant(tenantId: TenantId): Promise<RetentionLimits> {
    return toLimits(await this.dataSource.manager.findOneBy(TenantRetentionRow, { tenantId }));
  }

  override async setOfTenant(tenantId: TenantId, limits: RetentionLimits): Promise<void> {
    await this.dataSource.manager.upsert(TenantRetentionRow, { tenantId, ...columns(limits) }, ['tenantId']);
  }

  override async ofJob(tenantId: TenantId, jobId: JobId): Promise<JobRetention | undefined> {
    const [row] = await this.dataSource.query<
      { keep: number | null; age_ms: number | null; job_bytes: number | null }[]
    >(
      `SELECT l.* FROM (${limitsOfJobs('NULL::integer')}) l JOIN jobs j ON j.id = l.job_id
        WHERE l.job_id = $1 AND j.tenant_id = $2`,
      [jobId, tenantId],
    );
    if (row === undefined) return undefined;
    const own = toLimits(await this.dataSource.manager.findOneBy(JobRetentionRow, { jobId }));
    const { keep: checkpoints, age_ms: ageMs, job_bytes: bytes } = row;
    return { own, tenant: await this.ofTenant(tenantId), effective: toLimits({ checkpoints, ageMs, bytes }) };
  }

  override async setOfJob(
    tenantId: TenantId,
    jobId: JobId,
    limits: RetentionLimits,
  ): Promise<JobRetention | undefined> {
    const { checkpoints, ageMs, bytes } = columns(limits);
    await this.dataSource.query(
      `INSERT INTO job_retention (job_id, checkpoints, age_ms, bytes)
       SELECT j.id, $3, $4, $5 FROM jobs j WHERE j.id = $2 AND j.tenant_id = $1
       ON CONFLICT ON CONSTRAINT job_retention_pk DO UPDATE SET checkpoints = $3, age_ms = $4, bytes = $5`,
      [tenantId, jobId, checkpoints, ageMs, bytes],
    );
    return this.ofJob(tenantId, jobId);
  }

  override async usage(tenantId: TenantId, jobsMax: number): Promise<TenantUsage> {
    const rows = await this.dataSource.query<
      (StoredCheckpoints & { readonly id: JobId | null; readonly name: string })[]
    >(USAGE, [tenantId, jobsMax]);
    const jobs = rows.flatMap(({ id, name, ...stored }): JobUsage[] =>
      id === null ? [] : [{ jobId: id, name, ...stored }],
    );
    const all = rows.find(({ id }) => id === null);
    const { bytes = 0, checkpoints = 0, savepoints = 0, verified = 0, pinned = 0 } = all ?? {};
    return {
      ...{ bytes, checkpoints, savepoints, verified, pinned },
      quotaBytes: (await this.ofTenant(tenantId)).bytes,
      pressure: await this.pressureOn(tenantId),
      jobs,
    };
  }

  override async pressureOn(tenantId: TenantId): Promise<QuotaPressure | undefined> {
    const row = await this.dataSource.manager.findOneBy(QuotaPressureRow, { tenantId });
    if (row === null) return undefined;
    const { bytes, quotaBytes, stretch, since } = row;
    return { bytes, quotaBytes, stretch, since };
  }
}

type Columns = Pick<JobRetentionRow, 'checkpoints' | 'ageMs' | 'bytes'>;

const columns = ({ checkpoints, ageMs, bytes }: RetentionLimits): Columns => ({
  checkpoints: checkpoints ?? null,
  ageMs: ageMs ?? null,
  bytes: bytes ?? null,
});

const toLimits = (row: Columns | null): RetentionLimits => ({
  checkpoints: row?.checkpoints ?? undefined,
  ageMs: row?.ageMs ?? undefined,
  bytes: row?.bytes ?? undefined,
});

/** A line for each job and, without an id, one for all of them. */
const USAGE = `
  WITH lines AS (
    SELECT j.id, min(j.name) AS name,
           coalesce(sum(c.own_bytes) FILTER (WHERE c.${STORED}), 0)::bigint AS bytes,
           count(c.id) FILTER (WHERE c.status = 'complete') AS checkpoints,
           count(c.id) FILTER (WHERE c.status = 'complete' AND c.kind = 'savepoint') AS savepoints,
           count(c.verified_at) FILTER (WHERE c.status = 'complete') AS verified,
           count(c.id) FILTER (WHERE EXISTS (SELECT 1 FROM checkpoint_pins p WHERE p.checkpoint_id = c.id)) AS pinned
      FROM jobs j LEFT JOIN checkpoints c ON c.job_id = j.id
     WHERE j.tenant_id = $1 GROUP BY GROUPING SETS ((j.id), ())
  )
  SELECT * FROM lines ORDER BY id IS NULL DESC, bytes DESC, id LIMIT $2 + 1`;
