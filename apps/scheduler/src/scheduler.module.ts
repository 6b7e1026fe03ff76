import { ObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import { Timers } from '@tidemark/domain';
import { PersistenceModule } from '@tidemark/persistence';
import { queueAddress, RunQueue } from '@tidemark/queue';
import { FsObjectStore } from '@tidemark/stores';
import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { Collect } from './collect/collect.js';
import { SCHEDULER_CONFIG } from './config.js';
import { OutboxRelay } from './outbox-relay/outbox-relay.js';
import { Reconcile } from './schedule/reconcile.js';
import { SchedulerLoop } from './scheduler.loop.js';
import { PruneTrail } from './sweep/prune-trail.js';
import { Sweep } from './sweep/sweep.js';
import { SystemTimers } from './system-timers.js';
import { VerifyCheckpoints } from './verify/verify-checkpoints.js';

@Module({})
export class SchedulerModule {
  static forRoot(config: SchedulerConfig): DynamicModule {
    const { databaseUrl: url, databasePool: poolSize, redisUrl, objectsRoot } = config;
    const logger = new Logger(RunQueue.name);
    return {
      module: SchedulerModule,
      imports: [PersistenceModule.forRoot({ url, poolSize, applicationName: 'tidemark-scheduler' })],
      providers: [
        { provide: SCHEDULER_CONFIG, useValue: config },
        {
          provide: RunQueue,
          useFactory: () =>
            new RunQueue(queueAddress(url, redisUrl), (error) => {
              logger.warn(`The run queue cannot be reached: ${error.message}`);
            }),
        },
        { provide: ObjectStore, useFactory: () => FsObjectStore.open(objectsRoot) },
        { provide: Timers, useClass: SystemTimers },
        OutboxRelay,
        Reconcile,
        Collect,
        Sweep,
        PruneTrail,
        VerifyCheckpoints,
        SchedulerLoop,
      ],
    };
  }
}
