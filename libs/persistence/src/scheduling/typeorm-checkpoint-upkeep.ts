import {
  CheckpointUpkeep,
  type BundleDigest,
  type Checkpoint,
  type CheckpointId,
  type CheckpointToVerify,
  type JobId,
  type ObjectGroup,
  type SweepPosition,
  type TenantId,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { appendEvents, storableText } from '../announce.js';
import { JobRow, SweepRow, TenantRow } from '../rows/index.js';
import { holdTimelineOf } from '../runs/hold-checkpoints.js';
import { unreadableEvent } from '../runs/unreadable-event.js';
import { noteOrphans } from './orphans.js';
import { judgeQuotas } from './quotas.js';

const SWEEP = 'objects';

@Injectable()
export class TypeOrmCheckpointUpkeep extends CheckpointUpkeep {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override judgeQuotas(): Promise<void> {
    return judgeQuotas(this.dataSource);
  }

  override async nextToVerify({
    againAfterMs,
    except,
  }: Parameters<CheckpointUpkeep['nextToVerify']>[0]): Promise<CheckpointToVerify | undefined> {
    const [row] = await this.dataSource.query<
      {
        id: CheckpointId;
        tenant_id: TenantId;
        job_id: JobId;
        path: string;
        bundle_digest: BundleDigest;
        manifest_sha256: string;
        known: string[];
      }[]
    >(NEXT_TO_VERIFY, [againAfterMs, except]);
    if (row === undefined) return undefined;
    const { id, path, known } = row;
    return {
      ...{ id, path, known, tenantId: row.tenant_id, jobId: row.job_id },
      ...{ bundleDigest: row.bundle_digest, manifestSha256: row.manifest_sha256 },
    };
  }

  /** Holds it as well: a collector that saw it before must not take it for one that was never read back. */
  override async noteVerified(id: CheckpointId): Promise<void> {
    await this.dataSource.query(
      `UPDATE checkpoints SET verified_at = now(), holds = holds + 1 WHERE id = $1 AND status = 'complete'`,
      [id],
    );
  }

  override markUnreadable(id: CheckpointId, reason: string): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      await holdTimelineOf(tx, id);
      const [rows] = await tx.query<[{ tenant_id: TenantId; job_id: JobId }[], number]>(
        `UPDATE checkpoints SET status = 'corrupt', status_reason = $2 WHERE id = $1 AND status = 'complete'
         RETURNING tenant_id, job_id`,
        [id, storableText(reason)],
      );
      const [row] = rows;
      if (row === undefined) return false;
      await appendEvents(tx, { tenantId: row.tenant_id, jobId: row.job_id }, [unreadableEvent(id, reason)]);
      return true;
    });
  }

  override async sweepPosition(): Promise<SweepPosition | undefined> {
    const row = await this.dataSource.manager.findOneBy(SweepRow, { name: SWEEP });
    return (row?.position as SweepPosition | null | undefined) ?? undefined;
  }

  override async moveSweep(to: SweepPosition | undefined): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO sweep (name, position, moved_at) VALUES ($1, $2::jsonb, now())
       ON CONFLICT ON CONSTRAINT sweep_pk DO UPDATE SET position = $2::jsonb, moved_at = now()`,
      [SWEEP, to === undefined ? null : JSON.stringify(to)],
    );
  }

  override async listTenants(after: TenantId | undefined, limit: number): Promise<readonly TenantId[]> {
    const rows = await this.dataSource.manager
      .createQueryBuilder(TenantRow, 't')
      .where('t.id > :after', { after: after ?? '' })
      .orderBy('t.id', 'ASC')
      .limit(limit)
      .getMany();
    return rows.map(({ id }) => id as TenantId);
  }

  override async listJobs(tenantId: TenantId): Promise<readonly JobId[]> {
    const rows = await this.dataSource.manager.find(JobRow, { where: { tenantId }, select: { id: true } });
    return rows.map(({ id }) => id as JobId);
  }

  override async listComplete({
    tenantId,
    jobId,
  }: Parameters<CheckpointUpkeep['listComplete']>[0]): Promise<
    readonly Pick<Checkpoint, 'id' | 'path' | 'bundleDigest'>[]
  > {
    const rows = await this.dataSource.query<{ id: CheckpointId; path: string; bundle_digest: BundleDigest }[]>(
      `SELECT id, path, bundle_digest FROM checkpoints WHERE tenant_id = $1 AND job_id = $2 AND status = 'complete'`,
      [tenantId, jobId],
    );
    return rows.map(({ id, path, bundle_digest: bundleDigest }) => ({ id, path, bundleDigest }));
  }

  override noteOrphans(found: Parameters<CheckpointUpkeep['noteOrphans']>[0]): Promise<readonly ObjectGroup[]> {
    return this.dataSource.transaction((tx) => noteOrphans(tx, found));
  }
}

/** Of each job the newest that is due; of these, that of the job whose last reading is the longest ago. */
const NEXT_TO_VERIFY = `
  WITH due AS (
    SELECT c.*, c.verified_at IS NULL OR c.verified_at < now() - $1 * interval '1 ms' AS is_due,
           max(c.verified_at) OVER (PARTITION BY c.job_id) AS job_verified_at
      FROM checkpoints c WHERE c.status = 'complete' AND c.manifest_sha256 IS NOT NULL
  ), turns AS (
    SELECT d.*, row_number() OVER (PARTITION BY d.job_id ORDER BY d.created_at DESC, d.id DESC) AS turn
      FROM due d WHERE d.is_due AND d.id <> ALL($2)
  )
  SELECT t.id, t.tenant_id, t.job_id, t.path, t.bundle_digest, t.manifest_sha256,
         ARRAY(SELECT b.path FROM checkpoints b
                WHERE b.path = ANY(t.builds_on) AND b.status = 'complete'
                  AND b.verified_at >= now() - $1 * interval '1 ms') AS known
    FROM turns t WHERE t.turn = 1 ORDER BY t.job_verified_at ASC NULLS FIRST, t.id LIMIT 1`;
