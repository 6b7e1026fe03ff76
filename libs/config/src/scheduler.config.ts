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
    /** Complete checkpoints kept for each timeline of a job, beside those that they build on, unless job or tenant say it. */
    TIDEMARK_CHECKPOINTS_KEPT: wholeNumber({ min: 1, max: 1_000 }).prefault('5'),
    /** How often the next part of the object store is looked through for objects without a row, in milliseconds. */
    TIDEMARK_SWEEP_MS: wholeNumber({ min: 100, max: 86_400_000 }).prefault('60000'),
    /** How long an object must be known to belong to no row before it is removed, in milliseconds. Longer than any run could go on without its lease. */
    TIDEMARK_ORPHAN_GRACE_MS: wholeNumber({ min: 1_000, max: 2_592_000_000 }).prefault('86400000'),
    /** Bytes of checkpoints read back in a second, on average, to see whether they are still what was written. */
    TIDEMARK_VERIFY_BYTES_PER_SECOND: wholeNumber({ min: 1_024, max: 2 ** 40 }).prefault('16777216'),
    /** How long a checkpoint that was read back counts as verified, in milliseconds. */
    TIDEMARK_VERIFY_AGAIN_MS: wholeNumber({ min: 1_000, max: 2_592_000_000 }).prefault('86400000'),
    /** Committed batches kept for each job, beyond those that a checkpoint still needs. */
    TIDEMARK_BATCHES_KEPT: wholeNumber({ min: 0, max: 1_000_000 }).prefault('10000'),
    /** Events kept for each job. */
    TIDEMARK_EVENTS_KEPT: wholeNumber({ min: 10, max: 1_000_000 }).prefault('5000'),
    /** Runs that have ended kept for each job, with the decisions about what they restored. */
    TIDEMARK_RUNS_KEPT: wholeNumber({ min: 10, max: 1_000_000 }).prefault('500'),
    /** Dead letters kept for each job that were re-driven, discarded or left behind. Those that wait are kept anyway. */
    TIDEMARK_DEAD_LETTERS_KEPT: wholeNumber({ min: 0, max: 1_000_000 }).prefault('1000'),
    /** How long the audit trail is kept, in days. */
    TIDEMARK_AUDIT_DAYS: wholeNumber({ min: 1, max: 36_500 }).prefault('400'),
  })
  .transform((env) => ({
    databaseUrl: env.TIDEMARK_DATABASE_URL,
    databasePool: env.TIDEMARK_DATABASE_POOL,
    redisUrl: env.TIDEMARK_REDIS_URL,
    objectsRoot: env.TIDEMARK_OBJECTS_DIR,
    adoptStore: env.TIDEMARK_ADOPT_STORE,
    adoptQueue: env.TIDEMARK_ADOPT_QUEUE,
    leaseMs: env.TIDEMARK_LEASE_MS,
    reconcileMs: env.TIDEMARK_RECONCILE_MS,
    collectMs: env.TIDEMARK_COLLECT_MS,
    sweep: { everyMs: env.TIDEMARK_SWEEP_MS, graceMs: env.TIDEMARK_ORPHAN_GRACE_MS },
    verify: {
      bytesPerSecond: env.TIDEMARK_VERIFY_BYTES_PER_SECOND,
      againAfterMs: env.TIDEMARK_VERIFY_AGAIN_MS,
    },
    keep: {
      checkpoints: env.TIDEMARK_CHECKPOINTS_KEPT,
      batches: env.TIDEMARK_BATCHES_KEPT,
      events: env.TIDEMARK_EVENTS_KEPT,
      runs: env.TIDEMARK_RUNS_KEPT,
      deadLetters: env.TIDEMARK_DEAD_LETTERS_KEPT,
      auditDays: env.TIDEMARK_AUDIT_DAYS,
    },
    log: env.TIDEMARK_LOG,
  }));

/** What a scheduler process is told from outside. */
export type SchedulerConfig = z.output<typeof schedulerEnvironment>;

/** Throws `ConfigError`, which names every wrong variable. */
export const schedulerConfig = (env: Environment): SchedulerConfig => loadConfig(schedulerEnvironment, env);
