import {
  AuditRetention,
  AuditTrail,
  CheckpointUpkeep,
  DeadLetterStores,
  IdempotencyStore,
  IdSource,
  Installations,
  JobStores,
  OffsetStores,
  RecoveryStores,
  RetentionStore,
  RunnerDirectory,
  RunStore,
  SchedulingStore,
  TenantStore,
} from '@tidemark/domain';
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TypeOrmAuditRetention } from './audit/typeorm-audit-retention.js';
import { TypeOrmAuditTrail } from './audit/typeorm-audit-trail.js';
import { createDataSource, type DatabaseOptions } from './data-source.js';
import { TypeOrmInstallations } from './installation/typeorm-installations.js';
import { TypeOrmDeadLetterStores } from './dead-letters/typeorm-dead-letter-stores.js';
import { TypeOrmJobStores } from './jobs/typeorm-job-stores.js';
import { TypeOrmOffsetStores } from './jobs/typeorm-offset-stores.js';
import { TypeOrmRecoveryStores } from './recovery/typeorm-recovery-stores.js';
import { TypeOrmRunnerDirectory } from './runs/typeorm-runner-directory.js';
import { TypeOrmRunStore } from './runs/typeorm-run-store.js';
import { TypeOrmCheckpointUpkeep } from './scheduling/typeorm-checkpoint-upkeep.js';
import { TypeOrmRetentionStore } from './scheduling/typeorm-retention-store.js';
import { TypeOrmSchedulingStore } from './scheduling/typeorm-scheduling-store.js';
import { TypeOrmIdempotencyStore } from './tenants/typeorm-idempotency-store.js';
import { TypeOrmTenantStore } from './tenants/typeorm-tenant-store.js';
import { UuidIdSource } from './uuid-id-source.js';

const PORTS = [
  { provide: IdSource, useClass: UuidIdSource },
  { provide: JobStores, useClass: TypeOrmJobStores },
  { provide: OffsetStores, useClass: TypeOrmOffsetStores },
  { provide: DeadLetterStores, useClass: TypeOrmDeadLetterStores },
  { provide: RecoveryStores, useClass: TypeOrmRecoveryStores },
  { provide: TenantStore, useClass: TypeOrmTenantStore },
  { provide: IdempotencyStore, useClass: TypeOrmIdempotencyStore },
  { provide: RunnerDirectory, useClass: TypeOrmRunnerDirectory },
  { provide: RunStore, useClass: TypeOrmRunStore },
  { provide: SchedulingStore, useClass: TypeOrmSchedulingStore },
  { provide: CheckpointUpkeep, useClass: TypeOrmCheckpointUpkeep },
  { provide: RetentionStore, useClass: TypeOrmRetentionStore },
  { provide: AuditTrail, useClass: TypeOrmAuditTrail },
  { provide: AuditRetention, useClass: TypeOrmAuditRetention },
  { provide: Installations, useClass: TypeOrmInstallations },
];

/** Binds the domain's ports to Postgres. Exports the ports only, so no app can depend on TypeORM. */
@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  static forRoot(options: DatabaseOptions): DynamicModule {
    const connected = { provide: DataSource, useFactory: () => createDataSource(options).initialize() };
    return {
      module: PersistenceModule,
      global: true,
      providers: [connected, ...PORTS],
      exports: PORTS.map(({ provide }) => provide),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
