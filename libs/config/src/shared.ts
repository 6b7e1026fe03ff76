import { LEASE_DEFAULT_MS } from '@tidemark/domain';
import { z } from 'zod';
import { wholeNumber } from './load.js';

/** Variables that several processes read. */
export const sharedVariables = {
  /** Where the rows live, for example `postgres://user:password@host:5432/tidemark`. */
  TIDEMARK_DATABASE_URL: z.string().refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), {
    error: 'must be a URL that starts with postgres:// or postgresql://',
  }),
  /** Connections that this process opens to Postgres at most. */
  TIDEMARK_DATABASE_POOL: wholeNumber({ min: 2, max: 200 }).prefault('10'),
  /** Redis for the run queue, a database of its own, for example `redis://host:6379/1`. Without it the queue lives in Postgres. */
  TIDEMARK_REDIS_URL: z
    .string()
    .refine((text) => /^rediss?:\/\//.test(text) && URL.canParse(text), {
      error: 'must be a URL that starts with redis:// or rediss://',
    })
    .optional(),
  /** Folder of the object store: bundles and checkpoints. Shared by api, scheduler and runners. */
  TIDEMARK_OBJECTS_DIR: z.string(),
  /** Id of the installation that is to have an object store which bears no mark, as the refusal to start names it. For one start. */
  TIDEMARK_ADOPT_STORE: z.string().optional(),
  /** Id of the installation that is to have another queue than before, as the refusal to start names it. For one start. */
  TIDEMARK_ADOPT_QUEUE: z.string().optional(),
  /** How long a runner may be silent before its jobs are given to others, in milliseconds. */
  TIDEMARK_LEASE_MS: wholeNumber({ min: 500, max: 600_000 }).prefault(String(LEASE_DEFAULT_MS)),
  /** Least severe log line that is written. */
  TIDEMARK_LOG: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
} as const;
