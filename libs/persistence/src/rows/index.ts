// The tables as Postgres has them. They know nothing of rules; nothing outside this library imports them.
import { TenantRow } from './tenant.row.js';
import { ApiKeyRow } from './api-key.row.js';
import { BundleRow } from './bundle.row.js';
import { JobRow } from './job.row.js';
import { RevisionRow } from './revision.row.js';
import { RunnerRow } from './runner.row.js';
import { RunRow } from './run.row.js';
import { BatchRow } from './batch.row.js';
import { CheckpointRow } from './checkpoint.row.js';
import { RestoreDecisionRow } from './restore-decision.row.js';
import { JobEventRow } from './job-event.row.js';
import { OutboxRow, TOPICS } from './outbox.row.js';
import { IdempotencyKeyRow } from './idempotency-key.row.js';
import { SchedulerLeaderRow } from './scheduler-leader.row.js';
import { UpgradePlanRow } from './upgrade-plan.row.js';
import { CheckpointPinRow } from './checkpoint-pin.row.js';
import { JobRetentionRow } from './job-retention.row.js';
import { TenantRetentionRow } from './tenant-retention.row.js';
import { QuotaPressureRow } from './quota-pressure.row.js';
import { OrphanRow } from './orphan.row.js';
import { SweepRow } from './sweep.row.js';
import { SavepointRow } from './savepoint.row.js';
import { RollbackRow } from './rollback.row.js';
import { AuditEventRow } from './audit-event.row.js';
import { InstallationRow } from './installation.row.js';
import { DeadLetterRow } from './dead-letter.row.js';
import { DeadLetterRedriveRow } from './dead-letter-redrive.row.js';
import { TimelineRow } from './timeline.row.js';

export {
  TenantRow,
  ApiKeyRow,
  BundleRow,
  JobRow,
  RevisionRow,
  RunnerRow,
  RunRow,
  BatchRow,
  CheckpointRow,
  RestoreDecisionRow,
  JobEventRow,
  OutboxRow,
  TOPICS,
  IdempotencyKeyRow,
  SchedulerLeaderRow,
  UpgradePlanRow,
  CheckpointPinRow,
  JobRetentionRow,
  TenantRetentionRow,
  QuotaPressureRow,
  OrphanRow,
  SweepRow,
  SavepointRow,
  RollbackRow,
  AuditEventRow,
  InstallationRow,
  TimelineRow,
};

export const ROWS = [
  TenantRow,
  ApiKeyRow,
  BundleRow,
  JobRow,
  RevisionRow,
  RunnerRow,
  RunRow,
  BatchRow,
  CheckpointRow,
  RestoreDecisionRow,
  JobEventRow,
  OutboxRow,
  IdempotencyKeyRow,
  SchedulerLeaderRow,
  UpgradePlanRow,
  CheckpointPinRow,
  JobRetentionRow,
  TenantRetentionRow,
  QuotaPressureRow,
  OrphanRow,
  SweepRow,
  SavepointRow,
  RollbackRow,
  AuditEventRow,
  InstallationRow,
  DeadLetterRow,
  DeadLetterRedriveRow,
  TimelineRow,
] as const;
