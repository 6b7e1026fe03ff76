import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stampede, submitHerd } from './herd.js';
import { aHome, Instance } from './instance.js';

const JOBS = 20;
const RUNNING_MS_MAX = 60_000;
const STARTS_MAX = 2;
const POOL = 5;
const RUNNERS = 2;

describe('R18: twenty jobs whose runners are all killed at once', () => {
  let instance: Instance;
  let ids: readonly string[];
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home, { TIDEMARK_DATABASE_POOL: String(POOL) });
    ids = await submitHerd(instance, JOBS);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  it('all run again within a minute, none started more than twice, over no more connections than they may have', async () => {
    const seen = await stampede(instance, ids);

    expect(seen.runningMs).toBeLessThan(RUNNING_MS_MAX);
    expect(seen.startsMax).toBeLessThanOrEqual(STARTS_MAX);
    expect(seen.connections['tidemark-runner']).toBeLessThanOrEqual(RUNNERS * POOL);
    expect(seen.connections['tidemark-scheduler']).toBeLessThanOrEqual(POOL);
  });
});
