import { Module, type DynamicModule } from '@nestjs/common';
import { claimStore, ObjectStore } from '@tidemark/checkpoint';
import type { ApiConfig } from '@tidemark/config';
import { Clock, Installations, TenantStore } from '@tidemark/domain';
import { PersistenceModule } from '@tidemark/persistence';
import type { SandboxHost } from '@tidemark/sandbox';
import { FsObjectStore } from '@tidemark/stores';
import { StreamBounds } from '../inspect/event-feed.js';
import { SourceInspector } from '../start/source-inspector.js';
import { BundleInspector } from '../submit/bundle-inspector.js';
import { Bootstrap } from '../tenancy/bootstrap.js';
import { ConnectorSourceInspector } from './connector-source-inspector.js';
import { SandboxBundleInspector } from './sandbox-bundle-inspector.js';
import { SystemClock } from './system-clock.js';

/** Binds what the API asks of the outside to Postgres, files and sandbox processes. */
@Module({})
export class InfrastructureModule {
  static forRoot(config: ApiConfig, sandbox: Promise<SandboxHost>): DynamicModule {
    const { databaseUrl: url, databasePool: poolSize, objectsRoot, adoptStore, filesRoot, streams } = config;
    return {
      module: InfrastructureModule,
      imports: [PersistenceModule.forRoot({ url, poolSize, applicationName: 'tidemark-api' })],
      providers: [
        {
          provide: ObjectStore,
          inject: [Installations],
          useFactory: async (installations: Installations) => {
            const store = await FsObjectStore.open(objectsRoot);
            await claimStore(store, installations, { adopt: adoptStore });
            return store;
          },
        },
        { provide: BundleInspector, useFactory: async () => new SandboxBundleInspector(await sandbox) },
        {
          provide: SourceInspector,
          inject: [ObjectStore, TenantStore],
          useFactory: (objects: ObjectStore, tenants: TenantStore) =>
            new ConnectorSourceInspector(filesRoot, objects, tenants),
        },
        { provide: Clock, useClass: SystemClock },
        { provide: StreamBounds, useValue: new StreamBounds(streams.max, streams.perKeyMax) },
        Bootstrap,
      ],
      exports: [ObjectStore, BundleInspector, SourceInspector, Clock, StreamBounds],
    };
  }
}
