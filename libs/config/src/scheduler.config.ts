import { z } from 'zod';
import { loadConfig, wholeNumber, type Environment } from './load.js';
import { sharedVariables } from './shared.js';

const schedulerEnvironment = z
  .object({
    ...sharedVariables,
    /** How often the scheduler looks for lost runners and due jobs when nothing wakes it, in milliseconds. */
    TIDEMARK_RECONCILE_MS: wholeNumber({ min: 10, max: 60_000 }).prefault('100'),
    /** How often what nobody needs any more is collected, in milliseconds. */
    TIDEMARK_COLLECT_MS: wholeNumber({ min: 100, max: 3_600_000 }).prefault('10000'),
    /** Complete checkpoints kept for each timeline of a job, beside those that they build on. */
    TIDEMARK_CHECKPOINTS_KEPT: wholeNumber({ min: 1, max: 1_000 }).prefault('5'),
    /** Committed batches kept for each job, beyond those that a checkpoint still needs. */
    TIDEMARK_BATCHES_KEPT: wholeNumber({ min: 0, max: 1_000_000 }).prefault('10000'),
    /** Events kept for each job. */
    TIDEMARK_EVENTS_KEPT: wholeNumber({ min: 10, max: 1_000_000 }).prefault('5000'),
  })
  .transform((env) => ({
    databaseUrl: env.TIDEMARK_DATABASE_URL,
    databasePool: env.TIDEMARK_DATABASE_POOL,
    redisUrl: env.TIDEMARK_REDIS_URL,
    objectsRoot: env.TIDEMARK_OBJECTS_DIR,
    leaseMs: env.TIDEMARK_LEASE_MS,
    reconcileMs: env.TIDEMARK_RECONCILE_MS,
    collectMs: env.TIDEMARK_COLLECT_MS,
    keep: {
      checkpoints: env.TIDEMARK_CHECKPOINTS_KEPT,
      batches: env.TIDEMARK_BATCHES_KEPT,
      events: env.TIDEMARK_EVENTS_KEPT,
    },
    log: env.TIDEMARK_LOG,
  }));

/** What a scheduler process is told from outside. */
export type SchedulerConfig = z.output<typeof schedulerEnvironment>;

/** Throws `ConfigError`, which names every wrong variable. */
export const schedulerConfig = (env: Environment): SchedulerConfig => loadConfig(schedulerEnvironment, env);
