import { AuditRetention } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** One pass removes no more, so that it ends well within what a statement may take; the next one goes on. */
const PRUNED_MAX = 10_000;

@Injectable()
export class TypeOrmAuditRetention extends AuditRetention {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async prune({ days }: { readonly days: number }): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM audit_events WHERE id IN (
         SELECT id FROM audit_events WHERE at < now() - $1 * interval '1 day' ORDER BY at LIMIT $2)`,
      [days, PRUNED_MAX],
    );
  }
}
