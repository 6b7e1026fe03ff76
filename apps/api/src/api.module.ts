import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ObjectStore } from '@tidemark/checkpoint';
import {
  AuditTrail,
  Clock,
  DeadLetterStores,
  IdempotencyStore,
  IdSource,
  JobStores,
  OffsetStores,
  RecoveryStores,
  RetentionStore,
  RunnerDirectory,
  TenantStore,
} from '@tidemark/domain';
import { AuditEventsController } from './audit/audit-events.controller.js';
import { AuditInterceptor } from './audit/audit.interceptor.js';
import { ControlController } from './control/control.controller.js';
import { OrderJob } from './control/order-job.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { HealthController } from './health/health.controller.js';
import { EventFeed, StreamBounds } from './inspect/event-feed.js';
import { EventsController } from './inspect/events.controller.js';
import { HistoryController } from './inspect/history.controller.js';
import { JobWarnings } from './inspect/job-warnings.js';
import { JobsController } from './inspect/jobs.controller.js';
import { ReadState } from './inspect/read-state.js';
import { RunnersController } from './inspect/runners.controller.js';
import { StateController } from './inspect/state.controller.js';
import { ForkJob } from './recover/fork-job.js';
import { RollBack } from './recover/roll-back.js';
import { RollbacksController } from './recover/rollbacks.controller.js';
import { SavepointsController } from './recover/savepoints.controller.js';
import { EditOffsets } from './start/edit-offsets.js';
import { FindStart } from './start/find-start.js';
import { NextStartController } from './start/next-start.controller.js';
import { OffsetsController } from './start/offsets.controller.js';
import { ShowOffsets } from './start/show-offsets.js';
import { SourceLooks } from './start/source-looks.js';
import { SourceInspector } from './start/source-inspector.js';
import { WeighOffsets } from './start/weigh-offsets.js';
import { ReadCode } from './replay/read-code.js';
import { ReadInput } from './replay/read-input.js';
import { ReadObjects } from './replay/read-objects.js';
import { ReplayController } from './replay/replay.controller.js';
import { RetentionController } from './retain/retention.controller.js';
import { TenantRetentionController } from './retain/tenant-retention.controller.js';
import { BundleInspector } from './submit/bundle-inspector.js';
import { BundlesController } from './submit/bundles.controller.js';
import { DeployRevision } from './submit/deploy-revision.js';
import { SubmitController } from './submit/submit.controller.js';
import { SubmitJob } from './submit/submit-job.js';
import { UploadBundle } from './submit/upload-bundle.js';
import { AdminKeysController } from './tenancy/admin-keys.controller.js';
import { ApiKeysController } from './tenancy/api-keys.controller.js';
import { Callers } from './tenancy/callers.js';
import { KeyGuard } from './tenancy/key.guard.js';
import { KeysOfOwner } from './tenancy/keys-of-owner.js';
import { NamedTenant } from './tenancy/named-tenant.js';
import { TenantsController } from './tenancy/tenants.controller.js';
import { EntityTagInterceptor } from './transport/entity-tag.js';
import { ProblemFilter } from './transport/problem.filter.js';
import { RouteTable } from './transport/route-table.js';
import { validation } from './transport/validation.js';
import { PlanUpgrade } from './upgrade/plan-upgrade.js';
import { TryConversion } from './upgrade/try-conversion.js';
import { UpgradesController } from './upgrade/upgrades.controller.js';

/** What the API asks of the outside; whoever starts it binds each of these. */
export const API_PORTS = [
  JobStores,
  OffsetStores,
  RecoveryStores,
  DeadLetterStores,
  TenantStore,
  IdempotencyStore,
  RunnerDirectory,
  RetentionStore,
  AuditTrail,
  ObjectStore,
  BundleInspector,
  SourceInspector,
  IdSource,
  Clock,
  StreamBounds,
] as const;

const CONTROLLERS = [
  BundlesController,
  SubmitController,
  JobsController,
  HistoryController,
  StateController,
  ReplayController,
  EventsController,
  ControlController,
  UpgradesController,
  SavepointsController,
  RollbacksController,
  DeadLettersController,
  OffsetsController,
  NextStartController,
  RunnersController,
  TenantsController,
  ApiKeysController,
  AdminKeysController,
  RetentionController,
  TenantRetentionController,
  AuditEventsController,
  HealthController,
] as const;

/** The whole API over modules that together export `API_PORTS`. */
@Module({})
export class ApiModule {
  static over(ports: readonly DynamicModule[]): DynamicModule {
    return {
      module: ApiModule,
      imports: [...ports],
      controllers: [...CONTROLLERS],
      providers: [
        UploadBundle,
        SubmitJob,
        DeployRevision,
        OrderJob,
        PlanUpgrade,
        TryConversion,
        FindStart,
        SourceLooks,
        ShowOffsets,
        WeighOffsets,
        EditOffsets,
        RollBack,
        ForkJob,
        EventFeed,
        ReadState,
        ReadCode,
        ReadInput,
        ReadObjects,
        JobWarnings,
        Callers,
        NamedTenant,
        KeysOfOwner,
        RouteTable,
        { provide: APP_GUARD, useClass: KeyGuard },
        { provide: APP_PIPE, useFactory: validation },
        { provide: APP_FILTER, useClass: ProblemFilter },
        // Outermost, so that nothing is done before it is written down.
        { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
        { provide: APP_INTERCEPTOR, useClass: EntityTagInterceptor },
      ],
    };
  }
}
