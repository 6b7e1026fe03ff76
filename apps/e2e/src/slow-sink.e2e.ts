import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch, Job } from '@tidemark/sdk';
import { TcpProxy } from '@tidemark/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setConnection, warehouseUrl } from './connections.js';
import { aHome, Instance, writeInput } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { descendantsOf } from './processes.js';
import { until } from './until.js';

const WAIT_MS_MAX = 90_000;
const SLOW_BYTES_PER_SECOND = 10_000;
const MIB = 1024 * 1024;
/** What waits in the source meanwhile: far more than the memory that may be taken for it. */
const BACKLOG_RECORDS = 50_000;
const PADDING = 'x'.repeat(2_000);
const GROWTH_BYTES_MAX = 64 * MIB;
/** A batch of a sink that does 10 KB/s may not be larger than some seconds of it; unlimited it would be 8 MiB. */
const BATCH_RECORDS_MAX = 200;
const SLOW_BATCHES = 12;

const numbered = (from: number, count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({ number: from + index, padding: PADDING }));

describe('R16: a job whose sink is slow', () => {
  let instance: Instance;
  let proxy: TcpProxy;
  let job: Job;
  let written = 0;
  let feeding: NodeJS.Timeout;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    const warehouse = await warehouseUrl(instance);
    const { hostname, port } = new URL(warehouse);
    proxy = await TcpProxy.open({ host: hostname, port: Number(port) });
    await setConnection(instance, 'slow', proxy.through(warehouse));
    await writeInput(instance, 'slow/1.jsonl', numbered(0, 100));
    written = 100;
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('to-slow-table') });
    await until('the first records are in the table', WAIT_MS_MAX, async () =>
      (await current()).lastBatch?.offsets['numbers'] === undefined ? undefined : true,
    );
  });

  afterAll(async () => {
    clearInterval(feeding);
    await instance.stop();
    await proxy.close();
    await dataHome.remove();
  });

  const current = (): Promise<Job> => instance.tidemark.jobs.get(job.id);

  async function append(count: number): Promise<void> {
    const lines = numbered(written, count).map((one) => `${JSON.stringify(one)}\n`);
    written += count;
    await appendFile(join(instance.files, 'slow/1.jsonl'), lines.join(''));
  }

  const committedAfter = async (batchId: number): Promise<readonly Batch[]> =>
    (await instance.tidemark.jobs.batches(job.id, { limit: 100 })).items.filter(
      (batch) => batch.commit !== null && batch.batchId > batchId,
    );

  /** Of the runner and the job's sandbox, at this moment. The other one waits for a next job, and may not have begun yet. */
  async function residentBytes(): Promise<number> {
    const { pid } = await instance.runnerOf(job.id);
    const sandboxes = await Promise.all((await descendantsOf(pid)).map(residentBytesOf));
    return (await residentBytesOf(pid)) + Math.max(...sandboxes);
  }

  it('reads no more than the sink takes, within bounded memory, and keeps its runner', async () => {
    proxy.spoil({ bytesPerSecond: SLOW_BYTES_PER_SECOND });
    feeding = setInterval(() => void append(20), 100);
    await until('the job is held back', WAIT_MS_MAX, async () =>
      (await instance.tidemark.jobs.events(job.id)).items.some(({ type }) => type === 'batches.limited')
        ? true
        : undefined,
    );
    clearInterval(feeding);
    const { lastBatch } = await current();
    // What was planned before the limit was known may still be larger.
    const from = (lastBatch?.batchId ?? 0) + 2;
    const before = await residentBytes();
    await append(BACKLOG_RECORDS);

    let most = 0;
    const slow = await until('some batches went through the slow sink', WAIT_MS_MAX, async () => {
      most = Math.max(most, await residentBytes());
      const batches = await committedAfter(from);
      return batches.length >= SLOW_BATCHES ? batches : undefined;
    });

    expect(most - before).toBeLessThan(GROWTH_BYTES_MAX);
    expect(Math.max(...slow.map(({ commit }) => commit?.recordsIn ?? 0))).toBeLessThan(BATCH_RECORDS_MAX);
    expect(await current()).toMatchObject({ epoch: 1, status: 'running' });
    const offsets = await instance.tidemark.jobs.offsets(job.id);
    expect(JSON.stringify(offsets)).toContain('numbers');
  });

  it('drains what has piled up once the sink is as fast as ever, each record once', async () => {
    proxy.heal();
    const client = new Client({ connectionString: await warehouseUrl(instance) });
    await client.connect();
    try {
      const counts = await until('every record is in the table', WAIT_MS_MAX, async () => {
        const { rows } = await client.query<{ rows: number; numbers: number; last: number }>(
          'SELECT count(*)::integer AS rows, count(DISTINCT number)::integer AS numbers, max(number) AS last FROM slow',
        );
        return (rows[0]?.rows ?? 0) >= written ? rows[0] : undefined;
      });
      expect(counts).toEqual({ rows: written, numbers: written, last: written - 1 });
    } finally {
      await client.end();
    }
    expect((await current()).epoch).toBe(1);
  });
});

async function residentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
