import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch, Job } from '@tidemark/sdk';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { LineServer } from './line-server.js';
import { committedOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 30_000;

describe('sources and sinks while runners are killed', () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** Kills the job's runner twice, each time some batches after it has begun, and then stops the job. */
  async function runThroughTwoKills({ id }: Job): Promise<Job> {
    for (let kills = 0; kills < 2; kills += 1) {
      await commits(id, 4);
      kill((await instance.runnerOf(id)).pid, 'SIGKILL');
    }
    await commits(id, 4);
    await instance.tidemark.jobs.stop(id);
    const stopped = await until('the job is stopped', WAIT_MS_MAX, async () => {
      const job = await instance.tidemark.jobs.get(id);
      return job.status === 'stopped' ? job : undefined;
    });
    expect(stopped.epoch).toBeGreaterThanOrEqual(3);
    return stopped;
  }

  async function commits(id: string, count: number): Promise<void> {
    const before = (await instance.tidemark.jobs.get(id)).lastBatch?.batchId ?? 0;
    await until(`${count} more batches are committed`, WAIT_MS_MAX, async () => {
      const { lastBatch } = await instance.tidemark.jobs.get(id);
      return (lastBatch?.batchId ?? 0) >= before + count ? true : undefined;
    });
  }

  async function batchesOf({ id }: Job): Promise<readonly Batch[]> {
    const batches: Batch[] = [];
    for await (const batch of instance.tidemark.jobs.batches(id, { limit: 100 })) batches.unshift(batch);
    return batches;
  }

  it('a socket: every line that was planned is counted exactly once', async () => {
    const server = await LineServer.open();
    const bundle = await bundleOf('words', { constants: { PORT: server.port } });
    const job = await runThroughTwoKills(await instance.tidemark.jobs.submit({ bundle }));
    await server.close();

    const planned = job.lastBatch?.offsets['lines']?.['0'] ?? 0;
    expect(planned).toBeGreaterThan(100);
    const output = await committedOutput<{ word: string; count: number }>(join(instance.files, 'words'));
    const numbers = output.flatMap(({ rows }) => rows.filter(({ word }) => word !== 'line'));
    expect(numbers.filter(({ count }) => count !== 1)).toEqual([]);
    expect(new Set(numbers.map(({ word }) => word)).size).toBe(planned);
    expect(numbers).toHaveLength(planned);

    const reached = new Map((await batchesOf(job)).map(({ batchId, commit }) => [batchId, commit?.nextOffsets]));
    for (const { batchId, rows } of output) {
      const counted = rows.find(({ word }) => word === 'line')?.count;
      expect([batchId, counted]).toEqual([batchId, reached.get(batchId)?.['lines']?.['0']]);
    }
    const restored = (await instance.tidemark.jobs.events(job.id, { limit: 100 })).items.filter(
      ({ type }) => type === 'run.restored',
    );
    // The lines of these batches came from where they had been stored before they were planned.
    expect(restored.at(-1)?.data['rebuilt']).not.toEqual([]);
  });

  it('Postgres: every row is in the table exactly once, and upserted rows are the newest', async () => {
    const bundle = await bundleOf('numbers');
    const job = await runThroughTwoKills(await instance.tidemark.jobs.submit({ bundle }));

    const batches = await batchesOf(job);
    const expected = batches.flatMap(({ batchId, ranges }) => {
      const { from = 0, to = 0 } = ranges['numbers']?.['0'] ?? {};
      return Array.from({ length: to - from }, (_, index) => ({ value: from + index, batch: batchId }));
    });
    expect(expected.length).toBeGreaterThan(500);
    expect(expected.map(({ value }) => value)).toEqual(expected.map((_, index) => index));
    expect(await inWarehouse('SELECT value, batch FROM numbers ORDER BY value')).toEqual(expected);
    expect(await inWarehouse('SELECT remainder, numbers, total::integer FROM sums ORDER BY remainder')).toEqual(
      sumsOf(expected.map(({ value }) => value)),
    );
  });

  it('the log: the first rows of each batch are in the events, with how many there were', async () => {
    const job = (await instance.tidemark.jobs.list()).items.find(({ name }) => name === 'numbers');
    if (job === undefined) throw new Error('The job of the test before is gone.');
    const logged = (await instance.tidemark.jobs.events(job.id, { limit: 100 })).items.filter(
      ({ type }) => type === 'log',
    );
    expect(logged.length).toBeGreaterThan(8);
    const batches = new Map((await batchesOf(job)).map((batch) => [batch.batchId, batch]));
    for (const { data } of logged) {
      const batchId = Number(data['batchId']);
      const { from = 0, to = 0 } = batches.get(batchId)?.ranges['numbers']?.['0'] ?? {};
      const sample = [from, from + 1]
        .filter((value) => value < to)
        .map((value) => JSON.stringify({ value, batch: batchId }));
      expect(data).toMatchObject({ sink: 'log', rows: to - from, sample });
    }
    expect(new Set(logged.map(({ data }) => data['batchId'])).size).toBe(logged.length);
  });

  /** Asks the database behind the tenant's connection `local`. */
  async function inWarehouse(query: string): Promise<readonly unknown[]> {
    const text = await readFile(join(instance.home, 'connections.json'), 'utf8');
    const { local } = JSON.parse(text) as { readonly local: { readonly local: { readonly url: string } } };
    const client = new Client({ connectionString: local.local.url });
    await client.connect();
    try {
      return (await client.query(query)).rows;
    } finally {
      await client.end();
    }
  }
});

function sumsOf(values: readonly number[]): readonly object[] {
  return Array.from({ length: 7 }, (_, remainder) => {
    const own = values.filter((value) => value % 7 === remainder);
    return { remainder, numbers: own.length, total: own.reduce((total, value) => total + value, 0) };
  });
}
