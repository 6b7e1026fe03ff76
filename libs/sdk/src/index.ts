export type {
  ApiKey,
  AuditEvent,
  Batch,
  BatchInput,
  Bundle,
  BundleCode,
  BundleUpload,
  Checkpoint,
  CheckpointDiff,
  DeadLetter,
  DeadLetterRecord,
  DeadLettersOrdered,
  ForkOrder,
  CheckpointObjects,
  Health,
  Job,
  JobConfigOrder,
  JobEvent,
  JobOrder,
  JobStatus,
  NewApiKey,
  NextStart,
  OffsetEdit,
  Offsets,
  Problem,
  RestoreDecision,
  Retention,
  RetentionLimits,
  RetentionOrder,
  Revision,
  RevisionOrder,
  Rollback,
  RollbackOrder,
  RollbackPreview,
  Run,
  Runner,
  Savepoint,
  StateDifference,
  StateRow,
  StartOrder,
  Tenant,
  UpgradeDecision,
  UpgradePlan,
  UpgradePlanOrder,
  Usage,
} from '@tidemark/contracts';
export type { AuditEvents, AuditRequest } from './audit-events.js';
export type { DeadLetterChoice, DeadLetterRequest, DeadLetters } from './dead-letters.js';
export { TidemarkApiError, TidemarkConnectionError, TidemarkTimeoutError } from './errors.js';
export type { Connection } from './http.js';
export type { EditOptions, Jobs } from './jobs.js';
export { Listing, type Page, type PageRequest } from './listing.js';
export type { CheckpointChoice, Recovery } from './recovery.js';
export type { Recordings } from './recordings.js';
export type { Cancellable, ChangeOptions, CreateOptions } from './requests.js';
export type { State, StateRequest } from './state.js';
export type { AdminKeys, Tenants } from './tenants.js';
export { Tidemark, type Bundles } from './tidemark.js';
export type { WatchedBatch, WatchedEvent } from './watch-job.js';
