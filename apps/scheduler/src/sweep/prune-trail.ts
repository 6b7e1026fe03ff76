import type { SchedulerConfig } from '@tidemark/config';
import { AuditRetention } from '@tidemark/domain';
import { Inject, Injectable } from '@nestjs/common';
import { SCHEDULER_CONFIG } from '../config.js';

/** Removes what has grown too old from the audit trail, which nobody else may do. */
@Injectable()
export class PruneTrail {
  constructor(
    private readonly trail: AuditRetention,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
  ) {}

  /** A bounded part of what is too old; the next pass goes on. */
  async pass(): Promise<void> {
    await this.trail.prune({ days: this.config.keep.auditDays });
  }
}
