import { ObjectStore } from '@tidemark/checkpoint';
import type { RunnerConfig } from '@tidemark/config';
import { Connections, EgressPolicy } from '@tidemark/connectors';
import { Clock, Timers, type RunnerId } from '@tidemark/domain';
import { PersistenceModule } from '@tidemark/persistence';
import { SandboxHost } from '@tidemark/sandbox';
import { FsObjectStore } from '@tidemark/stores';
import { Module, type DynamicModule } from '@nestjs/common';
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
    const { databaseUrl: url, databasePool: poolSize, objectsRoot, connectionsFile, egress } = config;
    return {
      module: RunnerModule,
      imports: [PersistenceModule.forRoot({ url, poolSize, applicationName: 'tidemark-runner' })],
      controllers: [RunsController],
      providers: [
        { provide: RUNNER_CONFIG, useValue: config },
        { provide: RUNNER_ID, useValue: id },
        { provide: SandboxHost, useFactory: () => sandbox },
        { provide: ObjectStore, useFactory: () => FsObjectStore.open(objectsRoot) },
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
