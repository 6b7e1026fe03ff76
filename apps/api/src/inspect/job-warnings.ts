import { RetentionStore, type TenantId } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import type { WarningAnswer } from './job.answer.js';

/** What the owner of a job should know although it does not keep the job from running. */
@Injectable()
export class JobWarnings {
  constructor(private readonly retention: RetentionStore) {}

  /** Those that concern every job of the tenant. */
  async of(tenantId: TenantId): Promise<readonly WarningAnswer[]> {
    const pressure = await this.retention.pressureOn(tenantId);
    if (pressure === undefined) return [];
    const { bytes, quotaBytes, stretch } = pressure;
    const message =
      `Checkpoints take ${bytes} bytes of the ${quotaBytes} that you may keep, although nothing more may be removed: ` +
      `they are written up to ${stretch} times less often. Delete savepoints or jobs, or ask for more.`;
    return [{ code: 'quota_pressure', message }];
  }
}
