import { describe, expect, it } from 'vitest';
import { apiConfig } from './api.config.js';

const enough = { TIDEMARK_DATABASE_URL: 'postgres://u:p@localhost/t', TIDEMARK_OBJECTS_DIR: '/data/objects' };

describe('the configuration of the api', () => {
  it('needs a database and an object store and has a default for everything else', () => {
    expect(apiConfig(enough)).toEqual({
      host: '127.0.0.1',
      port: 7070,
      databaseUrl: 'postgres://u:p@localhost/t',
      databasePool: 10,
      objectsRoot: '/data/objects',
      sandboxMode: 'auto',
      bodyBytesMax: 12 * 1024 * 1024,
      streams: { max: 512, perKeyMax: 32 },
      bootstrapFile: undefined,
      log: 'info',
    });
  });

  it('takes port 0 for a free one', () => {
    expect(apiConfig({ ...enough, TIDEMARK_API_PORT: '0' }).port).toBe(0);
  });

  it('treats an empty variable as one that is not set', () => {
    expect(apiConfig({ ...enough, TIDEMARK_API_PORT: '' }).port).toBe(7070);
  });

  it('leaves variables of others alone', () => {
    expect(apiConfig({ ...enough, HOME: '/', TIDEMARK_REDIS_URL: 'redis://x' })).toEqual(apiConfig(enough));
  });

  it('names all wrong variables at once', () => {
    expect(() =>
      apiConfig({
        TIDEMARK_DATABASE_URL: 'mysql://u:hunter2@db',
        TIDEMARK_API_PORT: '70000',
        TIDEMARK_API_STREAMS: '-1',
        TIDEMARK_SANDBOX: 'off',
      }),
    ).toThrow(
      'The configuration is not valid: TIDEMARK_API_PORT must be a whole number from 0 to 65535; ' +
        'TIDEMARK_DATABASE_URL must be a URL that starts with postgres:// or postgresql://; ' +
        'TIDEMARK_OBJECTS_DIR is missing; ' +
        'TIDEMARK_SANDBOX must be one of required, auto; ' +
        'TIDEMARK_API_STREAMS must be a whole number from 1 to 10000.',
    );
  });

  it.each(['TIDEMARK_DATABASE_URL', 'TIDEMARK_API_PORT', 'TIDEMARK_SANDBOX', 'TIDEMARK_LOG'])(
    'never repeats the value of %s',
    (name) => {
      expect(() => apiConfig({ ...enough, [name]: 'hunter2' })).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') as string }) as Error,
      );
    },
  );
});
