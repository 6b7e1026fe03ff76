import { z } from 'zod';
import { loadConfig, wholeNumber, type Environment } from './load.js';

const localEnvironment = z
  .object({
    /** Folder of everything that `npm start` keeps; the default is `.tidemark` in the repository. */
    TIDEMARK_HOME: z.string().optional(),
    /** Port of the API; 0 takes a free one. */
    TIDEMARK_PORT: wholeNumber({ min: 0, max: 65_535 }).prefault('7070'),
  })
  .transform((env) => ({ home: env.TIDEMARK_HOME, port: env.TIDEMARK_PORT }));

/** What `npm start` is told from outside. Everything else in its environment goes on to the services. */
export type LocalConfig = z.output<typeof localEnvironment>;

/** Throws `ConfigError`, which names every wrong variable. */
export const localConfig = (env: Environment): LocalConfig => loadConfig(localEnvironment, env);
