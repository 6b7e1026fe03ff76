import type { components, operations } from './generated/api.v1.js';

type Schemas = components['schemas'];

export type ApiKey = Schemas['ApiKey'];
export type ApiKeyOrder = Schemas['ApiKeyOrder'];
export type Batch = Schemas['Batch'];
export type BatchCommit = Schemas['BatchCommit'];
export type BatchPage = Schemas['BatchPage'];
export type Bundle = Schemas['Bundle'];
export type BundleManifest = Schemas['BundleManifest'];
export type BundlePage = Schemas['BundlePage'];
export type BundleReference = Schemas['BundleReference'];
export type BundleUpload = Schemas['BundleUpload'];
export type Checkpoint = Schemas['Checkpoint'];
export type CheckpointDiff = Schemas['CheckpointDiff'];
export type CheckpointPage = Schemas['CheckpointPage'];
export type GraphNode = Schemas['GraphNode'];
export type Health = Schemas['Health'];
export type Job = Schemas['Job'];
export type JobConfig = Schemas['JobConfig'];
export type JobConfigOrder = Schemas['JobConfigOrder'];
export type JobEvent = Schemas['JobEvent'];
export type JobEventPage = Schemas['JobEventPage'];
export type JobOrder = Schemas['JobOrder'];
export type JobPage = Schemas['JobPage'];
export type LastBatch = Schemas['LastBatch'];
export type Problem = Schemas['Problem'];
export type RestoreDecision = Schemas['RestoreDecision'];
export type RestoreDecisionPage = Schemas['RestoreDecisionPage'];
export type Revision = Schemas['Revision'];
export type RevisionOrder = Schemas['RevisionOrder'];
export type RevisionPage = Schemas['RevisionPage'];
export type Run = Schemas['Run'];
export type Runner = Schemas['Runner'];
export type RunnerPage = Schemas['RunnerPage'];
export type RunPage = Schemas['RunPage'];
export type StateDifference = Schemas['StateDifference'];
export type StateRow = Schemas['StateRow'];
export type Tenant = Schemas['Tenant'];
export type TenantOrder = Schemas['TenantOrder'];

export type UpgradeDecision = Schemas['UpgradeDecision'];
export type UpgradePlan = Schemas['UpgradePlan'];
export type UpgradePlanOrder = Schemas['UpgradePlanOrder'];
export type UpgradePlanPage = Schemas['UpgradePlanPage'];

export type JobStatus = Job['status'];
export type OperationId = keyof operations;
