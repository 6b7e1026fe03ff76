import { z } from 'zod';
import { loadConfig, wholeNumber, type Environment } from './load.js';
import { sharedVariables } from './shared.js';

const MIB = 1024 * 1024;

const apiEnvironment = z
  .object({
    /** Address that the API listens on. The default is reachable from this machine only. */
    TIDEMARK_API_HOST: z.string().default('127.0.0.1'),
    /** Port that the API listens on; 0 takes a free one. */
    TIDEMARK_API_PORT: wholeNumber({ min: 0, max: 65_535 }).prefault('7070'),
    TIDEMARK_DATABASE_URL: sharedVariables.TIDEMARK_DATABASE_URL,
    TIDEMARK_DATABASE_POOL: sharedVariables.TIDEMARK_DATABASE_POOL,
    TIDEMARK_OBJECTS_DIR: sharedVariables.TIDEMARK_OBJECTS_DIR,
    TIDEMARK_ADOPT_STORE: sharedVariables.TIDEMARK_ADOPT_STORE,
    /** Folder with one subfolder for each tenant, as the runners have it: to look up and to judge offsets of `files` sources. */
    TIDEMARK_FILES_DIR: z.string().optional(),
    /** `required` refuses tenants' code unless every layer of the sandbox works; `auto` says what is missing. */
    TIDEMARK_SANDBOX: z.enum(['required', 'auto']).default('auto'),
    /** Largest request body, in bytes. A bundle with its source map must fit. */
    TIDEMARK_API_BODY_BYTES_MAX: wholeNumber({ min: 1024, max: 64 * MIB }).prefault(String(12 * MIB)),
    /** Open event streams for one API key, in this process. */
    TIDEMARK_API_STREAMS_PER_KEY: wholeNumber({ min: 1, max: 1_000 }).prefault('32'),
    /** Open event streams in all, in this process. */
    TIDEMARK_API_STREAMS: wholeNumber({ min: 1, max: 10_000 }).prefault('512'),
    /** File with the keys that must exist when the API is up: `{ adminKey, tenant: { name }, tenantKey }`. */
    TIDEMARK_BOOTSTRAP_FILE: z.string().optional(),
    TIDEMARK_LOG: sharedVariables.TIDEMARK_LOG,
  })
  .transform((env) => ({
    host: env.TIDEMARK_API_HOST,
    port: env.TIDEMARK_API_PORT,
    databaseUrl: env.TIDEMARK_DATABASE_URL,
    databasePool: env.TIDEMARK_DATABASE_POOL,
    objectsRoot: env.TIDEMARK_OBJECTS_DIR,
    adoptStore: env.TIDEMARK_ADOPT_STORE,
    filesRoot: env.TIDEMARK_FILES_DIR,
    sandboxMode: env.TIDEMARK_SANDBOX,
    bodyBytesMax: env.TIDEMARK_API_BODY_BYTES_MAX,
    streams: { max: env.TIDEMARK_API_STREAMS, perKeyMax: env.TIDEMARK_API_STREAMS_PER_KEY },
    bootstrapFile: env.TIDEMARK_BOOTSTRAP_FILE,
    log: env.TIDEMARK_LOG,
  }));

/** What the API process is told from outside. */
export type ApiConfig = z.output<typeof apiEnvironment>;

/** Throws `ConfigError`, which names every wrong variable. */
export const apiConfig = (env: Environment): ApiConfig => loadConfig(apiEnvironment, env);
