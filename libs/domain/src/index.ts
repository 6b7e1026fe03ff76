export {
  AuditRetention,
  AuditTrail,
  type AuditEntry,
  type AuditEvent,
  type AuditFilter,
  type AuditOutcome,
} from './audit/audit-trail.js';
export {
  bundlePaths,
  POISON_POLICIES,
  type Bundle,
  type BundleManifest,
  type GraphNode,
  type Poison,
} from './bundle/bundle.js';
export {
  DEAD_LETTER_BYTES_MAX,
  DEAD_LETTER_BYTES_PER_BATCH_MAX,
  DEAD_LETTER_STATUSES,
  DEAD_LETTERS_PER_BATCH_MAX,
  POISON_ATTEMPTS_MAX,
  POISON_SEARCHES_MAX,
  REDRIVE_ATTEMPTS_MAX,
  SET_ASIDE_PER_BATCH_MAX,
  recordKey,
  type DeadLetter,
  type DeadLetterStatus,
  type NewDeadLetter,
  type PoisonSearch,
  type RecordPosition,
  type RedrivenRecord,
  type SetAsideRecord,
} from './batch/dead-letter.js';
export {
  DeadLetterStores,
  type DeadLetterChoice,
  type DeadLetterFilter,
  type DeadLettersOrdered,
  type DeadLetterStore,
  type PassedOver,
} from './batch/dead-letter-store.js';
export {
  heldObjects,
  identitiesAfter,
  identitiesSkipped,
  offsetsAfter,
  offsetsSkipped,
  type BatchCommit,
  type BatchPlan,
  type LeftOut,
  type LoggedBatch,
  type PartitionIdentities,
  type PartitionOffsets,
  type PartitionRange,
  type SourceIdentities,
  type SourceOffsets,
  type SourceRanges,
} from './batch/batch.js';
export { identitiesGoingBack, knownSince, withoutSince } from './batch/known-since.js';
export { neverRead, readBefore } from './batch/read-before.js';
export {
  CHECKPOINT_STATUSES,
  KEY_SLOTS,
  type Checkpoint,
  type CheckpointStatus,
  type CompletedCheckpoint,
  type WrittenCheckpoint,
  type StateRow,
  type StateShape,
} from './checkpoint/checkpoint.js';
export { checkpointStretch, stretchedIntervalMs } from './checkpoint/retention.js';
export type { QuotaPressure, RetentionLimits, StoredCheckpoints } from './checkpoint/retention.js';
export { RetentionStore, type JobRetention, type JobUsage, type TenantUsage } from './checkpoint/retention-store.js';
export {
  allowsRestore,
  judgeState,
  NO_UPGRADE_OPTIONS,
  objections,
  type OperatorVerdict,
  type UpgradeOptions,
} from './checkpoint/compatibility.js';
export { CheckpointFits } from './checkpoint/checkpoint-fits.js';
export { compareSchemas, type SchemaChange } from './checkpoint/schema-change.js';
export { logicChanges, type LogicChange } from './checkpoint/logic-change.js';
export {
  CANDIDATES_MAX,
  decideRestore,
  FIT_OUTCOMES,
  REASON_CODES,
  RESTORE_POLICIES,
  REVISION_OF_ANOTHER_JOB,
  START_TRIGGERS,
  type CandidateVerdict,
  type CheckpointFit,
  type ReasonCode,
  type RestoreDecision,
  type RestorePolicy,
  type RestoreVerdict,
  type StartPoint,
  type StartTrigger,
} from './checkpoint/restore-decision.js';
export {
  decideStart,
  goingBack,
  START_MODES,
  type StartFacts,
  type StartMode,
  type StartModeName,
} from './checkpoint/start-mode.js';
export { Clock, Timers } from './clock.js';
export {
  DEFAULT_BACK_PRESSURE,
  DEFAULT_FLOW,
  DOWNTIME_POLICIES,
  endsByItself,
  hasInterval,
  needsBacklog,
  TRIGGERS,
  type BackPressure,
  type DowntimePolicy,
  type Flow,
  type Trigger,
} from './flow/flow.js';
export { ERRORS, isTidemarkError, TidemarkError, type ErrorCode, type ErrorParams } from './errors/tidemark-error.js';
export { ERROR_KINDS, type ErrorKind } from './errors/error-spec.js';
export {
  ID_PREFIX,
  IdSource,
  isId,
  type ApiKeyId,
  type AuditEventId,
  type BundleDigest,
  type CheckpointId,
  type DeadLetterId,
  type DecisionId,
  type IdKind,
  type IdOf,
  type InstallationId,
  type QueueId,
  type JobId,
  type PlanId,
  type RollbackId,
  type RunId,
  type RunnerId,
  type SavepointId,
  type TenantId,
} from './ids.js';
export {
  DESIRED_STATES,
  RUN_STATUSES,
  type DesiredState,
  type Job,
  type JobConfig,
  type JobEventRecord,
  type LastBatch,
  type PendingUpgrade,
  type Revision,
  type Run,
  type RunStatus,
} from './job/job.js';
export {
  JOB_LIFECYCLE,
  JOB_STATUSES,
  nextStatus,
  OWNED_STATUSES,
  RECONCILE_WANTED_RUNNING,
  statusesAccepting,
  statusWithRun,
  type JobEvent,
  type JobStatus,
} from './job/job-lifecycle.js';
export { decideOrder, JOB_ORDERS, type JobOrder, type OrderDecision } from './job/job-order.js';
export {
  IdempotencyStore,
  JobStores,
  RunnerDirectory,
  UPGRADE_ANSWERS,
  type BatchPosition,
  type BatchRecord,
  type Deployed,
  type JobStore,
  type NewRevision,
  type Ordered,
  type Page,
  type RunnerRecord,
  type RequestId,
  type TraceParent,
  type UpgradeAnswer,
} from './job/job-store.js';
export {
  DEFAULT_HEALTH,
  healthLimits,
  HealthWatch,
  type Health,
  type HealthConfig,
  type HealthLimits,
  type Probation,
  type WatchedBatch,
} from './upgrade/health.js';
export { decideProbation, newProbation, probationOf, RECENT_BATCHES } from './upgrade/probation.js';
export {
  planUpgrade,
  stillHolds,
  withTrial,
  UPGRADE_OUTCOMES,
  withoutObjections,
  type SinkVerdict,
  type SourceVerdict,
  type StoredState,
  type TriedState,
  type UpgradeFacts,
  type UpgradeOutcome,
  type UpgradePlan,
  type UpgradePlanRecord,
  type UpgradeTarget,
} from './upgrade/upgrade-plan.js';
export {
  AT_REST_STATUSES,
  editOffsets,
  OffsetStores,
  STATES_OF_EDIT,
  type CommittedOffsets,
  type EditedOffsets,
  type JobOffsets,
  type OffsetChange,
  type OffsetEdit,
  type OffsetStore,
  type StartPreview,
  type StateOfEdit,
} from './job/offset-edit.js';
export { Installations, type ExpectedObjects, type Installation } from './installation/installations.js';
export { QUEUE_KINDS, type QueueKind } from './installation/queue-kind.js';
export { judgeQueue, type QueueFacts, type QueueMark } from './installation/judge-queue.js';
export { furthest, isAhead, type Progress } from './recovery/progress.js';
export {
  RecoveryStores,
  type Forked,
  type NewFork,
  type OrderedBy,
  type RecoveryStore,
} from './recovery/recovery-store.js';
export {
  AFTER_ROLLBACK,
  ROLLBACK_STATUSES,
  type AfterRollback,
  type JobPoint,
  type NewRollback,
  type Rollback,
  type RollbackOrdered,
  type RollbackPreview,
  type RollbackRefused,
  type RollbackStatus,
} from './recovery/rollback.js';
export {
  SAVEPOINT_STATUSES,
  SAVEPOINTS_MAX,
  type Savepoint,
  type SavepointRequested,
  type SavepointStatus,
} from './recovery/savepoint.js';
export { KEY_ROLES, TenantStore, tenantOfCaller } from './tenant/tenant.js';
export type { ApiKey, Caller, KeyOwner, KeyRole, Tenant } from './tenant/tenant.js';
export type { BatchLogEntry, BatchLogResult, Orders } from './scheduling/batch-log-entry.js';
export { JOB_EVENTS, type JobEventType } from './job/job-event-types.js';
export { decideEnd, type EndDecision, type EndFacts } from './scheduling/end-decision.js';
export { ATTEMPTS_MAX } from './scheduling/retry.js';
export {
  RunStore,
  type ClaimedRun,
  type Fence,
  type NewCheckpoint,
  type NewEvent,
  type RunEnd,
} from './scheduling/run-store.js';
export { CheckpointUpkeep } from './scheduling/checkpoint-upkeep.js';
export type { CheckpointToVerify, ObjectGroup, SweepPosition } from './scheduling/checkpoint-upkeep.js';
export {
  SchedulingStore,
  type KeptAnswers,
  type LostRun,
  type OutboxEntry,
  type OutboxPage,
  type DeletedJob,
  type RunMessage,
  type ScheduleOutcome,
  type UnneededObjects,
} from './scheduling/scheduling-store.js';
export { LEASE_DEFAULT_MS } from './scheduling/lease.js';
export { own } from './own.js';
export { seededNumbers, UINT32 } from './seeded-numbers.js';
export { sortedJson } from './sorted-json.js';
