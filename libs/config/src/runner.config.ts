import { tmpdir } from 'node:os';
import { z } from 'zod';
import { loadConfig, wholeNumber, type Environment } from './load.js';
import { sharedVariables } from './shared.js';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** Deliberate crashes are for tests, and a variable that was left behind must not bring a service down. */
const failpoints = {
  /** For tests only: where this process ends or stops itself, as `<job>/<point>:<time>=kill|pause`, separated by commas. Refused when NODE_ENV is `production`. */
  TIDEMARK_FAILPOINTS: z.string().optional(),
  /** For tests only: folder in which each failpoint that has worked leaves a file, and works no more. Needed for failpoints. */
  TIDEMARK_FAILPOINTS_DIR: z.string().optional(),
};

const runnerEnvironment = z
  .object({
    ...sharedVariables,
    /** Folder with one subfolder for each tenant: what `files` sources read and `files` sinks write. */
    TIDEMARK_FILES_DIR: z.string(),
    /** File that names the connections tenants may use: `{ "<tenant>": { "<name>": { "kind": "postgres", "url": … } } }`. */
    TIDEMARK_CONNECTIONS_FILE: z.string().optional(),
    /** Networks that sources may reach although they are private: `127.0.0.0/8,db.internal:5432`. */
    TIDEMARK_EGRESS_ALLOW: list,
    /** Addresses that no source may reach, whatever is allowed: `127.0.0.1:5432`. */
    TIDEMARK_EGRESS_DENY: list,
    /** Jobs that this runner runs at once. */
    TIDEMARK_RUNNER_SLOTS: wholeNumber({ min: 1, max: 1_000 }).prefault('16'),
    /** `required` refuses tenants' code unless every layer of the sandbox works; `auto` says what is missing. */
    TIDEMARK_SANDBOX: z.enum(['required', 'auto']).default('auto'),
    /** Folder on a local disk for state that is larger than memory, while its job runs. That of the system for temporary files unless given. */
    TIDEMARK_SCRATCH_DIR: z.string().optional(),
    /** Bytes that the state of one job may take there at most. */
    TIDEMARK_SCRATCH_BYTES_MAX: wholeNumber({ min: 1_048_576, max: 2 ** 46 }).prefault('107374182400'),
    /** Dead letters of one job that may wait to be re-driven or discarded; a batch that would set aside more fails the job. */
    TIDEMARK_DEAD_LETTERS_MAX: wholeNumber({ min: 0, max: 1_000_000 }).prefault('10000'),
    /** How long a runner that is told to end may take to bring its jobs to a checkpoint, in milliseconds. */
    TIDEMARK_DRAIN_MS: wholeNumber({ min: 0, max: 600_000 }).prefault('10000'),
    ...failpoints,
    NODE_ENV: z.string().optional(),
  })
  .superRefine((env, context) => {
    const refuse = (message: string): void => {
      context.addIssue({ code: 'custom', path: ['TIDEMARK_FAILPOINTS'], message });
    };
    if (env.TIDEMARK_FAILPOINTS === undefined) return;
    if (env.NODE_ENV === 'production') refuse('must not be set in production (NODE_ENV): it makes the process crash');
    if (env.TIDEMARK_FAILPOINTS_DIR === undefined) refuse('needs TIDEMARK_FAILPOINTS_DIR');
  })
  .transform((env) => ({
    databaseUrl: env.TIDEMARK_DATABASE_URL,
    databasePool: env.TIDEMARK_DATABASE_POOL,
    redisUrl: env.TIDEMARK_REDIS_URL,
    objectsRoot: env.TIDEMARK_OBJECTS_DIR,
    adoptStore: env.TIDEMARK_ADOPT_STORE,
    adoptQueue: env.TIDEMARK_ADOPT_QUEUE,
    leaseMs: env.TIDEMARK_LEASE_MS,
    filesRoot: env.TIDEMARK_FILES_DIR,
    connectionsFile: env.TIDEMARK_CONNECTIONS_FILE,
    egress: { allow: env.TIDEMARK_EGRESS_ALLOW, deny: env.TIDEMARK_EGRESS_DENY },
    slots: env.TIDEMARK_RUNNER_SLOTS,
    sandboxMode: env.TIDEMARK_SANDBOX,
    scratch: { folder: env.TIDEMARK_SCRATCH_DIR ?? tmpdir(), bytesMax: env.TIDEMARK_SCRATCH_BYTES_MAX },
    deadLettersMax: env.TIDEMARK_DEAD_LETTERS_MAX,
    drainMs: env.TIDEMARK_DRAIN_MS,
    failpoints:
      env.TIDEMARK_FAILPOINTS === undefined
        ? undefined
        : { text: env.TIDEMARK_FAILPOINTS, folder: env.TIDEMARK_FAILPOINTS_DIR ?? '' },
    log: env.TIDEMARK_LOG,
  }));

/** What a runner process is told from outside. */
export type RunnerConfig = z.output<typeof runnerEnvironment>;

/** Throws `ConfigError`, which names every wrong variable. */
export const runnerConfig = (env: Environment): RunnerConfig => loadConfig(runnerEnvironment, env);
