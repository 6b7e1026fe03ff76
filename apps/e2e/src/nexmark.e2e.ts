import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance } from './instance.js';
import { checkNexmark, closeNexmark, prepareNexmark, runNexmark } from './nexmark.js';

describe('a query of Nexmark whose runner is killed half way', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    await prepareNexmark(instance, 50_000);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  async function expectAnswer(query: string): Promise<void> {
    const { wasKilled } = await runNexmark(instance, query);
    expect(wasKilled).toBe(true);
    const { rows, ...check } = await checkNexmark(instance, query);
    expect(check).toMatchObject({ equal: true, missing: [], unexpected: [] });
    expect(rows).toBeGreaterThan(0);
  }

  it('q20: every bid of a category is joined with its auction, once, as DuckDB does', () => expectAnswer('q20'));

  describe('over events whose watermark comes to the end', () => {
    beforeAll(() => closeNexmark(instance));

    it('q5: every sliding window has the hottest auctions that DuckDB finds', () => expectAnswer('q5'));

    it('q9: every auction closes with the winning bid that DuckDB finds', () => expectAnswer('q9'));
  });
});
