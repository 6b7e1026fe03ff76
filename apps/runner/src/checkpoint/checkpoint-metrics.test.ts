import { InMemoryObjectStore } from '@tidemark/checkpoint';
import { TidemarkError } from '@tidemark/domain';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aRun, aSnapshot, CountedIds } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { Checkpointer } from './checkpointer.js';

let recorded: RecordedMetrics;
let runs: RecordingRunStore;
let objects: InMemoryObjectStore;
let checkpoints: Checkpointer;

beforeEach(() => {
  recorded = RecordedMetrics.start();
  runs = new RecordingRunStore();
  objects = new InMemoryObjectStore();
  checkpoints = new Checkpointer(
    aRun(),
    { runs, objects, ids: new CountedIds() },
    { overdue: false, chain: undefined },
  );
});
afterEach(() => recorded.stop());

async function write(batchId: number): Promise<void> {
  checkpoints.begin(aSnapshot(batchId, { kind: checkpoints.kind }), 0);
  await checkpoints.settle();
}

const of = (kind: 'full' | 'delta') => ({ 'tidemark.checkpoint.kind': kind });

describe('a checkpoint', () => {
  it('is counted and measured by its kind, with the bytes that it wrote', async () => {
    await write(1);
    await write(2);

    expect(await recorded.of(METRICS.checkpointsCompleted)).toEqual([
      { attributes: of('full'), value: 1 },
      { attributes: of('delta'), value: 1 },
    ]);
    const bytes = runs.written.map(({ bytesWritten, manifestBytes }) => bytesWritten + manifestBytes);
    expect(await recorded.of(METRICS.checkpointSize)).toEqual([
      { attributes: of('full'), value: bytes[0], times: 1 },
      { attributes: of('delta'), value: bytes[1], times: 1 },
    ]);
    const durations = await recorded.of(METRICS.checkpointDuration);
    expect(durations.map(({ times, value }) => [times, value > 0 && value < 10])).toEqual([
      [1, true],
      [1, true],
    ]);
  });

  it('that fails is counted by the code of its error alone', async () => {
    objects.put = (path) => Promise.reject(new TidemarkError('store_full', { path }));
    await write(1);
    objects.put = () => Promise.reject(new Error("a tenant's words"));
    await write(2);

    expect(await recorded.of(METRICS.checkpointsFailed)).toEqual([
      { attributes: { 'error.type': 'store_full' }, value: 1 },
      { attributes: { 'error.type': 'internal_fault' }, value: 1 },
    ]);
    expect(await recorded.of(METRICS.checkpointsCompleted)).toEqual([]);
  });

  it('of a job that was lost meanwhile is neither', async () => {
    runs.onComplete = () => Promise.resolve('fenced');
    await write(1);

    expect(await recorded.of(METRICS.checkpointsCompleted)).toEqual([]);
    expect(await recorded.of(METRICS.checkpointsFailed)).toEqual([]);
  });
});
