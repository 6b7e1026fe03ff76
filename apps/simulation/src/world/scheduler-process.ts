import type { ObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import type { CheckpointUpkeep, SchedulingStore } from '@tidemark/domain';
import type { RunQueue } from '@tidemark/queue';
import {
  Collect,
  OutboxRelay,
  Reconcile,
  SchedulerLoop,
  Sweep,
  VerifyCheckpoints,
  type PruneTrail,
  type WatchStore,
} from '@tidemark/scheduler/protocol';
import type { Process, Stage } from './stage.js';

export const LEASE_MS = 2_000;
export const GRACE_MS = 2_500;
const RECONCILE_MS = 400;

const CONFIG = {
  leaseMs: LEASE_MS,
  reconcileMs: RECONCILE_MS,
  collectMs: 700,
  keep: { checkpoints: 1, batches: 2, events: 10, runs: 10, auditDays: 1 },
  sweep: { everyMs: 2_000, graceMs: GRACE_MS },
  verify: { bytesPerSecond: 2_000, againAfterMs: 3_600_000 },
} as SchedulerConfig;

export interface SchedulerParts {
  readonly stage: Stage;
  readonly process: Process;
  readonly scheduling: SchedulingStore;
  readonly upkeep: CheckpointUpkeep;
  readonly objects: ObjectStore;
  readonly queue: Pick<RunQueue, 'publish'>;
}

/** A scheduler: everything of it but its connections. It thinks that it leads, whatever the others think. */
export function startScheduler({ stage, process, scheduling, upkeep, objects, queue }: SchedulerParts): void {
  const timers = stage.timers(process);
  const relay = new OutboxRelay(scheduling, queue as RunQueue, timers);
  const idle = { pass: () => Promise.resolve() };
  const loop = new SchedulerLoop(
    scheduling,
    new Reconcile(scheduling, relay, CONFIG),
    new Collect(scheduling, upkeep, objects, CONFIG),
    new Sweep(upkeep, objects, CONFIG),
    new VerifyCheckpoints(upkeep, objects, CONFIG, timers),
    idle as unknown as PruneTrail,
    idle as unknown as WatchStore,
    CONFIG,
    timers,
  );
  loop.onApplicationBootstrap();
}
