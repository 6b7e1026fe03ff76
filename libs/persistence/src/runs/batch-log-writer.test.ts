import type { BatchCommit, BatchPlan, Fence, JobId, RunId, SourceOffsets, TenantId } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { BatchLogWriter } from './batch-log-writer.js';

/** A database whose every statement takes until it is told to end. */
class SlowDatabase {
  /** The jobs of each statement. */
  readonly statements: (readonly string[])[] = [];
  private readonly ends: (() => void)[] = [];

  query<T>(_: string, parameters: unknown[] = []): Promise<T> {
    const rows = JSON.parse(String(parameters[0])) as { readonly job_id: string; readonly epoch: number }[];
    this.statements.push(rows.map(({ job_id }) => job_id));
    const orders = { desired: 'running', revision: 1, starts_elsewhere: false, savepoint_wanted: null };
    const plan = { batch_time_ms: 1, ranges: {}, skipped: null, redriven: null };
    const answer = rows.map(({ job_id, epoch }) => {
      return { job_id, epoch, ...orders, redrive_wanted: false, next_planned: false, ...plan };
    });
    return new Promise((resolve) => {
      this.ends.push(() => {
        resolve(answer as T);
      });
    });
  }

  end(statement: number): void {
    this.ends[statement]?.();
  }
}

const fenceOf = (jobId: string): Fence => {
  return { tenantId: 'tnt_1' as TenantId, jobId: jobId as JobId, runId: `run_${jobId}` as RunId, epoch: 1 };
};
const commitOf = (nextOffsets: SourceOffsets, more: Partial<BatchCommit> = {}) => {
  const counts = { recordsIn: 1, recordsOut: 1, recordsSkipped: 0, processingMs: 1, schedulingDelayMs: 0 };
  return {
    kind: 'commit',
    commit: { timeline: 1, batchId: 1, nextOffsets, ...counts, ...more },
    next: undefined,
  } as const;
};
const FILES = Array.from({ length: 20_000 }, (_, file) => `2031/07/01/readings-of-${file}.jsonl`);
const FEW: SourceOffsets = { in: { file: 7 } };
const MANY: SourceOffsets = { in: Object.fromEntries(FILES.map((name) => [name, 1_000_000])) };
const NAMED = { in: Object.fromEntries(FILES.map((name) => [name, `sha256 of what stands before in ${name}`])) };

describe('the batch log of many jobs', () => {
  it.each<readonly [string, ReturnType<typeof commitOf>]>([
    ['offsets', commitOf(MANY)],
    ['identities', commitOf(FEW, { identities: NAMED })],
  ])('keeps no commit waiting for that of a job with many %s', async (_, large) => {
    const database = new SlowDatabase();
    const writer = new BatchLogWriter(database);
    const first = writer.write(fenceOf('large'), large);
    const others = ['a', 'b'].map((job) => writer.write(fenceOf(job), commitOf(FEW)));
    await expect.poll(() => database.statements).toEqual([['large'], ['a']]);
    database.end(1);
    await expect.poll(() => database.statements).toEqual([['large'], ['a'], ['b']]);
    database.end(2);
    expect(await Promise.all(others)).toMatchObject([{ outcome: 'committed' }, { outcome: 'committed' }]);
    database.end(0);
    expect(await first).toMatchObject({ outcome: 'committed' });
  });

  it('keeps no plan waiting for that of a job that reads many files', async () => {
    const database = new SlowDatabase();
    const writer = new BatchLogWriter(database);
    const plan: BatchPlan = { timeline: 1, batchId: 1, batchTimeMs: 1, ranges: {} };
    const ranges = { in: Object.fromEntries(FILES.map((name) => [name, { from: 0, to: 1 }])) };
    const first = writer.write(fenceOf('large'), { kind: 'plan', plan: { ...plan, ranges } });
    const other = writer.write(fenceOf('a'), { kind: 'plan', plan });
    await expect.poll(() => database.statements).toEqual([['large'], ['a']]);
    database.end(1);
    expect(await other).toMatchObject({ outcome: 'planned' });
    database.end(0);
    expect(await first).toMatchObject({ outcome: 'planned' });
  });
});
