import { claimStore, ObjectStore } from '@tidemark/checkpoint';
import type { RunnerConfig } from '@tidemark/config';
import { Connections, EgressPolicy } from '@tidemark/connectors';
import { Clock, Installations, Timers, type RunnerId } from '@tidemark/domain';
import { PersistenceModule } from '@tidemark/persistence';
import { queueAddress, QueueClaim } from '@tidemark/queue';
import { SandboxHost } from '@tidemark/sandbox';
import { FsObjectStore } from '@tidemark/stores';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { RUNNER_ID, RunsController } from './claim/runs.controller.js';
import { RUNNER_CONFIG } from './config.js';
import { runJobProvider } from './failpoints/run-job-provider.js';
import { RunnerLease } from './lease/runner-lease.js';
import { JobOpener } from './restore/job-opener.js';
import { SandboxedJobOpener } from './restore/sandboxed-job-opener.js';
import { ActiveRuns } from './run-batch/active-runs.js';
import { SystemClock } from './system-clock.js';
import { SystemTimers } from './system-timers.js';

/** What exists before the module does: the identity of this process, and a sandbox that is testing itself. */
export interface RunnerIdentity {
  readonly id: RunnerId;
  readonly sandbox: Promise<SandboxHost>;
}

@Module({})
export class RunnerModule {
  static forRoot(config: RunnerConfig, { id, sandbox }: RunnerIdentity): DynamicModule {
    const {
      databaseUrl: url,
      databasePool: poolSize,
      redisUrl,
      objectsRoot,
      adoptStore,
      adoptQueue,
      connectionsFile,
      egress,
    } = config;
    const logger = new Logger(QueueClaim.name);
    return {
      module: RunnerModule,
      imports: [PersistenceModule.forRoot({ url, poolSize, applicationName: 'tidemark-runner' })],
      controllers: [RunsController],
      providers: [
        { provide: RUNNER_CONFIG, useValue: config },
        { provide: RUNNER_ID, useValue: id },
        { provide: SandboxHost, useFactory: () => sandbox },
        {
          provide: ObjectStore,
          inject: [Installations],
          useFactory: async (installations: Installations) => {
            const store = await FsObjectStore.open(objectsRoot);
            await claimStore(store, installations, { adopt: adoptStore });
            return store;
          },
        },
        {
          provide: QueueClaim,
          inject: [Installations],
          useFactory: (installations: Installations) =>
            QueueClaim.of(queueAddress(url, redisUrl), installations, {
              adopt: adoptQueue,
              onWarning: logger.warn.bind(logger),
            }),
        },
        { provide: Connections, useValue: new Connections(connectionsFile) },
        { provide: EgressPolicy, useValue: new EgressPolicy(egress) },
        { provide: Clock, useClass: SystemClock },
        { provide: Timers, useClass: SystemTimers },
        { provide: JobOpener, useClass: SandboxedJobOpener },
        ActiveRuns,
        RunnerLease,
        runJobProvider(config),
      ],
    };
  }
}
