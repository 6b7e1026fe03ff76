import { DEFAULT_FLOW, type Flow } from '@tidemark/domain';
import { defineJob, files, toFiles } from '@tidemark/streams';
import { blocksOf } from '../../graph/testing/run-job.js';
import { createInProcessGraph } from '../../graph/in-process-graph.js';
import type { GraphRuntime } from '../../ports.js';
import { MicroBatchEngine, type MicroBatchPorts, type Resumed } from '../micro-batch-engine.js';
import type { Position, TimelineStart } from '../resume.js';
import { InMemoryWorld, SimulatedCrash } from './in-memory-world.js';

export interface Reading {
  readonly key: string;
  readonly value: number;
}

export const INTERVAL_MS = 1_000;
export const WINDOW_BATCHES = 3;
/** Batches between two checkpoints. No batch runs ahead of a checkpoint, so there two must have run ahead in a row. */
const CHECKPOINT_EVERY = { in_step: 2, behind: 2, ahead: 3 } as const satisfies { readonly [pace in Pace]: number };

/** A change to what a runner is built from, to show that the tests notice it. */
export interface Variant {
  readonly ports?: (ports: MicroBatchPorts, world: InMemoryWorld) => MicroBatchPorts;
  readonly windowBatches?: number;
  readonly flow?: Partial<Flow>;
  /** Whether each batch reads what one `append` brought, however much is there. */
  readonly chunkByChunk?: boolean;
  /** Where the log begins that the world holds; otherwise with the job's first batch. */
  readonly begins?: Position & TimelineStart;
}

/** Running totals by key, and sums over a sliding window, with and without an inverse. */
const aJob = (windowBatches: number) =>
  defineJob({ name: 'simulated', batchInterval: INTERVAL_MS }, (job) => {
    const readings = job.source('readings', files<Reading>({ path: 'readings' })).keyBy(({ key }) => key);
    readings
      .updateStateByKey('totals', (values, state: { n: number; sum: number } | undefined) => ({
        n: (state?.n ?? 0) + values.length,
        sum: values.reduce((sum, { value }) => sum + value, state?.sum ?? 0),
      }))
      .map(([key, { n, sum }]) => ({ key, n, sum }))
      .to('totals-out', toFiles({ path: 'totals' }));
    const values = readings.mapValues(({ value }) => value);
    const window = { window: windowBatches * INTERVAL_MS, slide: INTERVAL_MS, reduce: (a: number, b: number) => a + b };
    values
      .reduceByKeyAndWindow('recent', window)
      .map(([key, sum], { windowEndMs }) => ({ key, sum, endMs: windowEndMs }))
      .to('recent-out', toFiles({ path: 'recent' }));
    values
      .reduceByKeyAndWindow('carried', { ...window, inverse: (whole, leaving) => whole - leaving })
      .map(([key, sum], { windowEndMs }) => ({ key, sum, endMs: windowEndMs }))
      .to('carried-out', toFiles({ path: 'carried' }));
  });

const SINKS = ['totals-out', 'recent-out', 'carried-out'] as const;
export const WRITES_PER_BATCH_MAX = 2 + SINKS.length + 1;

export type SinkRows = { readonly [uid in (typeof SINKS)[number]]: unknown[] };

/**
 * `in_step`: each batch runs when it is due. `behind`: all input waits, and the next batch is read while one runs. `ahead`:
 * it runs, too, while the sinks take the rows of the one before.
 */
export const PACES = ['in_step', 'behind', 'ahead'] as const;
export type Pace = (typeof PACES)[number];

interface Life {
  readonly crashAt?: number;
  readonly variant?: Variant;
  readonly pace?: Pace;
}

/** Runs one batch for each chunk of input. The runner dies at `crashAt`, and another one goes on. */
export async function rowsWritten(
  chunks: readonly (readonly Reading[])[],
  { crashAt, variant = {}, pace = 'in_step' }: Life = {},
): Promise<SinkRows> {
  const world = new InMemoryWorld(crashAt);
  const isBehind = pace !== 'in_step';
  const behind: Variant = { ...variant, flow: { downtime: 'each' }, chunkByChunk: true };
  const start = (): Promise<MicroBatchEngine> => startRunner(world, isBehind ? behind : variant);
  let engine = await start();
  if (isBehind) for (const chunk of chunks) world.append(chunk);
  for (const [index, chunk] of chunks.entries()) {
    if (!isBehind) world.append(chunk);
    // Behind: the first batch fixes where the grid of batch times begins, then all the others are due.
    world.clock.ms += isBehind && index === 1 ? chunks.length * INTERVAL_MS : INTERVAL_MS;
    const batchId = index + 1;
    const planAhead = isBehind && batchId < chunks.length;
    const checkpoints = batchId % CHECKPOINT_EVERY[pace] === 0;
    while (engine.lastBatchId < batchId) {
      try {
        await engine.runBatch({ planAhead, runAhead: planAhead && pace === 'ahead' && !checkpoints });
        if (checkpoints) await checkpoint(world, engine);
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
        engine = await start();
      }
    }
  }
  return {
    'totals-out': world.rowsOf('totals-out'),
    'recent-out': world.rowsOf('recent-out'),
    'carried-out': world.rowsOf('carried-out'),
  };
}

/** Claims the job, restores the newest checkpoint and finishes what was planned. */
export async function startRunner(
  world: InMemoryWorld,
  variant: Variant = {},
  onResumed: (resumed: Resumed) => void = () => undefined,
): Promise<MicroBatchEngine> {
  for (;;) {
    world.epoch += 1;
    const graph = createInProcessGraph(aJob(variant.windowBatches ?? WINDOW_BATCHES));
    const plain: MicroBatchPorts = {
      log: world.log(world.epoch),
      graph,
      sources: [world.source('readings', { chunkByChunk: variant.chunkByChunk ?? false })],
      sinks: SINKS.map((uid) => world.sink(uid)),
      clock: world.clock,
    };
    const ports = variant.ports?.(plain, world) ?? plain;
    const timing = { ...DEFAULT_FLOW, ...variant.flow, intervalMs: INTERVAL_MS };
    const begins = variant.begins ?? BEGINNING;
    const engine = new MicroBatchEngine(ports, timing, await restoreNewest(world, ports.graph, begins), begins);
    try {
      const resumed = await engine.resume();
      if (resumed.outcome === 'resumed') onResumed(resumed);
      return engine;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
  }
}

/** Every third one holds all of the state, the others what has changed since the one before. */
async function checkpoint(world: InMemoryWorld, engine: MicroBatchEngine): Promise<void> {
  const parent = world.checkpoints.length % 3 === 0 ? undefined : world.checkpoints.at(-1);
  const snapshot = await engine.snapshot(parent === undefined ? 'full' : 'delta');
  const blocks = await blocksOf(snapshot);
  await world.saveCheckpoint({ ...snapshot, blocks: [...(parent?.blocks ?? []), ...blocks] });
}

const BEGINNING: Position & TimelineStart = { timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {} };

async function restoreNewest(world: InMemoryWorld, graph: GraphRuntime, begins: Position): Promise<Position> {
  const newest = world.checkpoints.at(-1);
  if (newest === undefined) return begins;
  for (const { uid, bytes } of newest.blocks) await graph.restore(uid, bytes);
  const { timeline, batchId, batchTimeMs, offsets } = newest;
  return { timeline, batchId, batchTimeMs, offsets };
}
