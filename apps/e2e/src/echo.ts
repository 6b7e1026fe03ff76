import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Instance } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { validOutput } from './output-files.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;
/** Batches that a job must commit after something was done to it before it is judged. */
const GOES_ON = 3;

/** A job that says every number once, and how many there have been, in folders of its name. */
export async function submitEcho(instance: Instance, name: string): Promise<string> {
  const bundle = await bundleOf('echo', { constants: { NAME: name } });
  const { id } = await instance.tidemark.jobs.submit({ name, bundle, config: { checkpointIntervalMs: 1_000 } });
  return id;
}

/** Waits until the job has committed some batches more. */
export async function goesOn(instance: Instance, jobId: string): Promise<void> {
  const { lastBatch: before } = await instance.tidemark.jobs.get(jobId);
  await until(`job ${jobId} goes on`, WAIT_MS_MAX, async () => {
    const { lastBatch } = await instance.tidemark.jobs.get(jobId);
    return (lastBatch?.batchId ?? 0) >= (before?.batchId ?? 0) + GOES_ON ? true : undefined;
  });
}

/** Every number from 0 on, each once, in order; and counts that are those of exactly these numbers. */
export async function expectExactlyOnce(instance: Instance, name: string): Promise<void> {
  const out = await validOutput<{ value: number }>(join(instance.files, name, 'out'));
  const values = out.flatMap(({ rows }) => rows.map(({ value }) => value));
  assert.ok(values.length > 0);
  assert.deepEqual(
    values,
    values.map((_, index) => index),
  );

  const upTo = new Map<number, number>();
  let total = 0;
  for (const { batchId, rows } of out) {
    total += rows.length;
    upTo.set(batchId, total);
  }
  for (const { batchId, rows } of await validOutput<{ count: number }>(join(instance.files, name, 'counts'))) {
    const expected = upTo.get(batchId);
    if (expected === undefined) continue;
    assert.equal(
      rows.reduce((sum, { count }) => sum + count, 0),
      expected,
    );
  }
}

/**
 * Of the sink that promises no more than at least once: it shows the rows of every batch that was committed. A batch that was
 * run again is no more than one event either, because the event has the batch's name.
 */
export async function expectEachBatchShown({ tidemark }: Instance, jobId: string): Promise<void> {
  const shown = new Map<number, unknown[]>();
  for await (const { type, data } of tidemark.jobs.events(jobId, { after: '0', limit: 100 })) {
    if (type !== 'log') continue;
    const batchId = Number(data['batchId']);
    shown.set(batchId, [...(shown.get(batchId) ?? []), data['sample']]);
  }
  for await (const { batchId, ranges, commit } of tidemark.jobs.batches(jobId, { limit: 100 })) {
    const { from = 0, to = 0 } = ranges['numbers']?.['0'] ?? {};
    const rows = Array.from({ length: to - from }, (_, index) => String(from + index));
    const showings = shown.get(batchId) ?? [];
    // Its sinks may have had the last batch when the job was cancelled.
    if (commit !== null || showings.length > 0) assert.deepEqual(showings, rows.length === 0 ? [] : [rows]);
  }
}
