import {
  DeadLetterStores,
  type DeadLetter,
  type DeadLetterChoice,
  type DeadLetterFilter,
  type DeadLetterId,
  type DeadLettersOrdered,
  type DeadLetterStore,
  type JobId,
  type Page,
  type TenantId,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { appendEvents } from '../announce.js';
import { lockJob } from '../jobs/change-job.js';
import { JobRow } from '../rows/index.js';
import { revisionOf } from '../scheduling/restore-facts.js';
import { choose } from './choose-letters.js';
import { LETTER_STATUS, LINEAGE, redrivenBy } from './lineage.js';
import { toDeadLetter, type LetterColumns } from './to-dead-letter.js';

@Injectable()
export class TypeOrmDeadLetterStores extends DeadLetterStores {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override forTenant(tenantId: TenantId): DeadLetterStore {
    return new TypeOrmDeadLetterStore(this.dataSource.manager, tenantId);
  }
}

const COLUMNS = `d.id, d.tenant_id, d.job_id, d.timeline, d.batch_id, d.source, d.partition, d.record_offset, d.code, d.reason,
  d.bytes_total, d.returns, ${redrivenBy('timeline')} AS redriven_timeline, ${redrivenBy('batch_id')} AS redriven_batch_id,
  d.created_at, coalesce(${redrivenBy('at')}, d.settled_at) AS settled_at, length(d.bytes) < d.bytes_total AS is_cut,
  ${LETTER_STATUS} AS status`;

class TypeOrmDeadLetterStore implements DeadLetterStore {
  constructor(
    private readonly manager: EntityManager,
    private readonly tenantId: TenantId,
  ) {}

  async list(
    jobId: JobId,
    { source, code, status }: DeadLetterFilter,
    { after, limit }: Page<DeadLetterId>,
  ): Promise<readonly DeadLetter[]> {
    const rows = await this.manager.query<LetterColumns[]>(
      `WITH RECURSIVE ${LINEAGE}
       SELECT * FROM (
         SELECT ${COLUMNS} FROM dead_letters d
          WHERE d.job_id = $1 AND d.tenant_id = $2 AND ($3::text IS NULL OR d.source = $3) AND ($4::text IS NULL OR d.code = $4)
            AND ($5::text IS NULL OR d.id < $5)
       ) letters WHERE $6::text IS NULL OR status = $6 ORDER BY id DESC LIMIT $7`,
      [jobId, this.tenantId, source ?? null, code ?? null, after ?? null, status ?? null, limit],
    );
    return rows.map(toDeadLetter);
  }

  async find(
    jobId: JobId,
    id: DeadLetterId,
  ): Promise<{ readonly letter: DeadLetter; readonly bytes: Uint8Array } | undefined> {
    const [row] = await this.manager.query<(LetterColumns & { readonly bytes: Buffer })[]>(
      `WITH RECURSIVE ${LINEAGE}
       SELECT ${COLUMNS}, d.bytes FROM dead_letters d WHERE d.job_id = $1 AND d.tenant_id = $2 AND d.id = $3`,
      [jobId, this.tenantId, id],
    );
    return row === undefined ? undefined : { letter: toDeadLetter(row), bytes: row.bytes };
  }

  async hasRedriven(
    jobId: JobId,
    { timeline, batchId }: { readonly timeline: number; readonly batchId: number },
  ): Promise<boolean> {
    const rows = await this.manager.query<unknown[]>(
      `SELECT 1 FROM dead_letter_redrives r JOIN dead_letters d ON d.id = r.letter_id
        WHERE d.job_id = $1 AND d.tenant_id = $2 AND r.timeline = $3 AND r.batch_id = $4 LIMIT 1`,
      [jobId, this.tenantId, timeline, batchId],
    );
    return rows.length > 0;
  }

  redrive(jobId: JobId, choice: DeadLetterChoice, { actor }: { readonly actor: string }): Promise<DeadLettersOrdered> {
    return this.order(jobId, async (tx, job) => {
      if (job.status === 'cancelled' || job.desired === 'cancelled') return { outcome: 'cancelled' };
      const { manifest } = await revisionOf(tx, job, job.revision);
      const sources = manifest.nodes.flatMap(({ kind, uid }) => (kind === 'source' && uid !== undefined ? [uid] : []));
      const chosen = await choose(tx, job, choice, { sources });
      if (chosen.outcome !== 'chosen') return chosen;
      const { letters, passedOver } = chosen;
      if (letters.length > 0) {
        await tx.query(`UPDATE dead_letters SET status = 'redriving', settled_at = NULL WHERE id = ANY ($1)`, [
          letters,
        ]);
        await tx.update(JobRow, { id: jobId }, { redriveWanted: true });
        const data = { letters: letters.length, actor };
        await appendEvents(tx, { tenantId: this.tenantId, jobId }, [{ type: 'dead_letters.redrive_ordered', data }]);
      }
      return { outcome: 'ordered', letters: letters.length, passedOver };
    });
  }

  discard(jobId: JobId, choice: DeadLetterChoice, { actor }: { readonly actor: string }): Promise<DeadLettersOrdered> {
    return this.order(jobId, async (tx, job) => {
      const chosen = await choose(tx, job, choice);
      if (chosen.outcome !== 'chosen') return chosen;
      const { letters, passedOver } = chosen;
      if (letters.length > 0) {
        const discard = `UPDATE dead_letters SET status = 'discarded', settled_at = now() WHERE id = ANY ($1)`;
        await tx.query(discard, [letters]);
        const data = { letters: letters.length, actor };
        await appendEvents(tx, { tenantId: this.tenantId, jobId }, [{ type: 'dead_letters.discarded', data }]);
      }
      return { outcome: 'ordered', letters: letters.length, passedOver };
    });
  }

  /** The job is locked, so no run takes letters meanwhile, and none is committed. */
  private order(
    jobId: JobId,
    order: (tx: EntityManager, job: JobRow) => Promise<DeadLettersOrdered>,
  ): Promise<DeadLettersOrdered> {
    return this.manager.transaction(async (tx): Promise<DeadLettersOrdered> => {
      const job = await lockJob(tx, this.tenantId, jobId);
      return job === null ? { outcome: 'not_found' } : order(tx, job);
    });
  }
}
