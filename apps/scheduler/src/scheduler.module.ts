import { claimStore, ObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import { Installations, Timers } from '@tidemark/domain';
import { PersistenceModule } from '@tidemark/persistence';
import { queueAddress, QueueClaim, RunQueue } from '@tidemark/queue';
import { FsObjectStore } from '@tidemark/stores';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { CountJobs } from './count-jobs.js';
import { Collect } from './collect/collect.js';
import { SCHEDULER_CONFIG } from './config.js';
import { OutboxRelay } from './outbox-relay/outbox-relay.js';
import { Reconcile } from './schedule/reconcile.js';
import { SchedulerLoop } from './scheduler.loop.js';
import { PruneTrail } from './sweep/prune-trail.js';
import { Sweep } from './sweep/sweep.js';
import { END_PROCESS, WatchStore } from './sweep/watch-store.js';
import { SystemTimers } from './system-timers.js';
import { VerifyCheckpoints } from './verify/verify-checkpoints.js';

/** What keeps going round, and what counts where it leads. */
const LOOP = [SchedulerLoop, CountJobs] as const;

@Module({})
export class SchedulerModule {
  static forRoot(config: SchedulerConfig): DynamicModule {
    const { databaseUrl: url, databasePool: poolSize, redisUrl, objectsRoot, adoptStore, adoptQueue } = config;
    const logger = new Logger(RunQueue.name);
    const address = queueAddress(url, redisUrl);
    return {
      module: SchedulerModule,
      imports: [PersistenceModule.forRoot({ url, poolSize, applicationName: 'tidemark-scheduler' })],
      providers: [
        { provide: SCHEDULER_CONFIG, useValue: config },
        {
          provide: QueueClaim,
          inject: [Installations],
          useFactory: (installations: Installations) =>
            QueueClaim.of(address, installations, {
              adopt: adoptQueue,
              onWarning: (message) => {
                logger.warn(message);
              },
            }),
        },
        {
          provide: RunQueue,
          // Nothing is sent to a queue that may be another cluster's.
          inject: [QueueClaim],
          useFactory: () =>
            new RunQueue(address, (error) => {
              logger.warn(`The run queue cannot be reached: ${error.message}`);
            }),
        },
        {
          provide: ObjectStore,
          inject: [Installations],
          useFactory: async (installations: Installations) => {
            const store = await FsObjectStore.open(objectsRoot);
            await claimStore(store, installations, { adopt: adoptStore });
            return store;
          },
        },
        { provide: Timers, useClass: SystemTimers },
        OutboxRelay,
        Reconcile,
        Collect,
        Sweep,
        PruneTrail,
        VerifyCheckpoints,
        { provide: END_PROCESS, useValue: () => process.exit(1) },
        WatchStore,
        ...LOOP,
      ],
    };
  }
}
