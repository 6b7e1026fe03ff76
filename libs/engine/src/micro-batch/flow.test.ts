import type { BatchPlan } from '@tidemark/domain';
import { describe, expect, it, vi } from 'vitest';
import type { BatchLog, SinkWrite, Source } from '../ports.js';
import { HEARTBEAT_MS } from './batch-time.js';
import type { MicroBatchEngine } from './micro-batch-engine.js';
import { InMemoryWorld, SimulatedCrash } from './testing/in-memory-world.js';
import { INTERVAL_MS, startRunner, type Variant } from './testing/simulated-job.js';

const someReading = { key: 'a', value: 1 };

/** Runs what is due now, as a run's loop does; returns how it ended. */
async function runWhatIsDue(engine: MicroBatchEngine): Promise<'idle' | 'finished' | 'not_due'> {
  for (;;) {
    const work = await engine.prepare();
    if (work !== 'ready') return work;
    if (engine.msUntilNextBatch() > 0) return 'not_due';
    await engine.runBatch({ planAhead: true, runAhead: false });
  }
}

/** The batch times of all batches after the `done` oldest, in intervals since the first of all. */
const gridOf = ({ plans }: InMemoryWorld, done: number): number[] =>
  plans.slice(done).map(({ batchTimeMs }) => (batchTimeMs - (plans[0]?.batchTimeMs ?? 0)) / INTERVAL_MS);

const rangesOf = (plan: BatchPlan | undefined) => [plan?.skipped?.['readings']?.['0'], plan?.ranges['readings']?.['0']];

async function afterDowntime(variant: Variant, crashAt?: number): Promise<InMemoryWorld> {
  const world = new InMemoryWorld(crashAt);
  world.append([someReading]);
  await survive(world, variant);
  world.clock.ms += 10 * INTERVAL_MS;
  world.append(Array.from({ length: 10 }, () => someReading));
  await survive(world, variant);
  return world;
}

/** Starts runners until one of them has run what is due. */
async function survive(world: InMemoryWorld, variant: Variant): Promise<void> {
  for (;;) {
    const engine = await startRunner(world, variant);
    try {
      await runWhatIsDue(engine);
      return;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
  }
}

describe('after 10 intervals of downtime', () => {
  it('`coalesce` runs one batch, with all that came', async () => {
    const world = await afterDowntime({ flow: { downtime: 'coalesce' } });
    expect(gridOf(world, 1)).toEqual([10]);
    expect(rangesOf(world.plans[1])).toEqual([undefined, { from: 1, to: 11 }]);
  });

  it('`each` runs one batch for each interval, back to back', async () => {
    const world = await afterDowntime({ flow: { downtime: 'each' } });
    expect(gridOf(world, 1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('`skip` runs one batch, which passes over all that came and says so', async () => {
    const world = await afterDowntime({ flow: { downtime: 'skip' } });
    expect(gridOf(world, 1)).toEqual([10]);
    expect(rangesOf(world.plans[1])).toEqual([{ from: 1, to: 11 }, undefined]);
    expect(world.rowsOf('totals-out')).toEqual([{ key: 'a', n: 1, sum: 1 }]);
  });
});

describe('`skip`', () => {
  it('leaves ranges that tile, wherever a runner dies, and goes on behind what it passed over', async () => {
    for (let crashAt = 0; crashAt < 40; crashAt += 1) {
      const world = await afterDowntime({ flow: { downtime: 'skip' } }, crashAt);
      world.append([someReading]);
      world.clock.ms += INTERVAL_MS;
      await survive(world, { flow: { downtime: 'skip' } });
      const tiles = world.plans.flatMap(rangesOf).filter((range) => range !== undefined);
      expect(tiles.map(({ from }) => from)).toEqual([0, ...tiles.slice(0, -1).map(({ to }) => to)]);
      expect(tiles.at(-1)).toEqual({ from: 11, to: 12 });
      expect(world.rowsOf('totals-out').at(-1)).toEqual({ key: 'a', n: 2, sum: 2 });
    }
  });

  it('passes over nothing while a run keeps up, or is late within one run', async () => {
    const world = new InMemoryWorld(undefined);
    const engine = await startRunner(world, { flow: { downtime: 'skip' } });
    await runWhatIsDue(engine);
    world.append([someReading]);
    world.clock.ms += 10 * INTERVAL_MS;
    await runWhatIsDue(engine);
    const successor = await startRunner(world, { flow: { downtime: 'skip' } });
    world.append([someReading]);
    world.clock.ms += INTERVAL_MS;
    await runWhatIsDue(successor);

    expect(world.plans.map(({ skipped }) => skipped)).toEqual([undefined, undefined, undefined]);
    expect(world.rowsOf('totals-out')).toHaveLength(2);
  });

  it('tells the next run of what was passed over, until a checkpoint holds it', async () => {
    const variant: Variant = { flow: { downtime: 'skip' } };
    const world = await afterDowntime(variant);
    const skips: unknown[] = [];
    await startRunner(world, variant, (resumed) => skips.push(...resumed.skips));
    expect(skips).toEqual([world.plans[1]]);
  });

  it('is refused where a source cannot tell how much waits in it', async () => {
    const blind: Variant = {
      flow: { downtime: 'skip' },
      ports: (ports) => ({
        ...ports,
        sources: ports.sources.map(({ uid, plan, read, close }): Source => ({ uid, plan, read, close })),
      }),
    };
    await expect(afterDowntime(blind)).rejects.toMatchObject({ code: 'connector_refused' });
  });
});

describe('as soon as possible', () => {
  const variant: Variant = { flow: { trigger: 'asap', backPressure: false } };

  it('runs a batch when there is data, with the clock as its time, and never two at the same', async () => {
    const world = new InMemoryWorld(undefined);
    const engine = await startRunner(world, variant);
    await runWhatIsDue(engine);
    for (let batch = 0; batch < 3; batch += 1) {
      world.clock.ms += engine.msUntilNextBatch();
      world.append([someReading]);
      expect(await runWhatIsDue(engine)).toBe('idle');
    }
    expect(world.rowsOf('totals-out')).toHaveLength(3);
    const times = world.plans.map(({ batchTimeMs }) => batchTimeMs);
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('plans nothing while there is no data, looking less and less often, but for a batch each second', async () => {
    const world = new InMemoryWorld(undefined);
    const engine = await startRunner(world, variant);
    await runWhatIsDue(engine);
    const waits: number[] = [];
    while (world.clock.ms < 1_000_000 + HEARTBEAT_MS - 50) {
      waits.push(engine.msUntilNextBatch());
      world.clock.ms += engine.msUntilNextBatch();
      expect(await engine.prepare()).toBe('idle');
    }
    expect(waits.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 50, 50]);
    expect(world.plans).toHaveLength(1);
    world.clock.ms += 100;
    expect(await engine.prepare()).toBe('ready');
  });
});

describe('available now', () => {
  const variant: Variant = { flow: { trigger: 'available-now', backPressure: false }, chunkByChunk: true };

  it('drains what was there when the run began, in several batches, and nothing that came later', async () => {
    const world = new InMemoryWorld(undefined);
    for (let chunk = 0; chunk < 3; chunk += 1) world.append([someReading, someReading]);
    const engine = await startRunner(world, variant);
    await engine.prepare();
    world.append([someReading]);

    expect(await runWhatIsDue(engine)).toBe('finished');
    expect(world.plans.map((plan) => rangesOf(plan)[1])).toEqual([
      { from: 0, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 6 },
    ]);
    expect(await runWhatIsDue(await startRunner(world, variant))).toBe('finished');
    expect(rangesOf(world.plans[3])[1]).toEqual({ from: 6, to: 7 });
  });

  it('is finished at once where nothing is there', async () => {
    const world = new InMemoryWorld(undefined);
    expect(await runWhatIsDue(await startRunner(world, variant))).toBe('finished');
    expect(world.plans).toEqual([]);
  });

  it('finishes a batch that was left open, and then drains on', async () => {
    const world = new InMemoryWorld(3);
    world.append([someReading]);
    world.append([someReading]);
    await expect(runWhatIsDue(await startRunner(world, variant))).rejects.toThrow(SimulatedCrash);
    expect(world.plans).toHaveLength(1);

    expect(await runWhatIsDue(await startRunner(world, variant))).toBe('finished');
    expect(world.plans.map((plan) => rangesOf(plan)[1])).toEqual([
      { from: 0, to: 1 },
      { from: 1, to: 2 },
    ]);
    expect(world.rowsOf('totals-out').at(-1)).toEqual({ key: 'a', n: 2, sum: 2 });
  });
});

describe('once', () => {
  const variant: Variant = { flow: { trigger: 'once', backPressure: false } };

  it('runs one batch, with all that is there, and is finished', async () => {
    const world = new InMemoryWorld(undefined);
    world.append([someReading, someReading]);
    const engine = await startRunner(world, variant);
    expect(await runWhatIsDue(engine)).toBe('finished');
    expect(world.plans.map((plan) => rangesOf(plan)[1])).toEqual([{ from: 0, to: 2 }]);
    expect(engine.hasOpenPlan).toBe(false);
  });

  it('is finished with the batch that was left open', async () => {
    const world = new InMemoryWorld(3);
    world.append([someReading]);
    await expect(runWhatIsDue(await startRunner(world, variant))).rejects.toThrow(SimulatedCrash);
    world.append([someReading]);
    expect(await runWhatIsDue(await startRunner(world, variant))).toBe('finished');
    expect(world.plans).toHaveLength(1);
  });
});

describe('back-pressure', () => {
  const BYTES_PER_MS = 100;
  const recordBytes = JSON.stringify(someReading).length + 1;

  /** A graph that works off so many bytes a millisecond, and a source that gives up to twice as much as fits an interval. */
  const slow = (flow: Variant['flow'] = {}): Variant => ({
    flow,
    ports: (ports, { clock }) => {
      const { run } = ports.graph;
      ports.graph.run = (input) => {
        const bytes = input.sources.flatMap(({ chunks }) => chunks).reduce((sum, chunk) => sum + chunk.bytes.length, 0);
        clock.ms += Math.ceil(bytes / BYTES_PER_MS);
        return run.call(ports.graph, input);
      };
      const sources = ports.sources.map((source): Source => ({
        ...source,
        plan: async (request) => {
          const there = (await source.plan(request))['0'];
          const bytes = Math.min(request.bytesMax, 2 * BYTES_PER_MS * INTERVAL_MS);
          if (there === undefined) return {};
          return { '0': { from: there.from, to: Math.min(there.to, there.from + Math.floor(bytes / recordBytes)) } };
        },
      }));
      return { ...ports, sources };
    },
  });

  async function drain(flow?: Variant['flow']): Promise<number[]> {
    const world = new InMemoryWorld(undefined);
    world.append(Array.from({ length: Math.ceil((12 * BYTES_PER_MS * INTERVAL_MS) / recordBytes) }, () => someReading));
    const engine = await startRunner(world, slow(flow));
    const took: number[] = [];
    while (world.rowsOf('totals-out').length < 100) {
      world.clock.ms += engine.msUntilNextBatch();
      const batch = await engine.runBatch({ planAhead: true, runAhead: false });
      if (batch.outcome !== 'committed' || batch.commit.recordsIn === 0) return took;
      took.push(batch.commit.processingMs);
    }
    return took;
  }

  it('brings batches that take longer than the interval back within it', async () => {
    const [first, ...others] = await drain();
    expect(first).toBeGreaterThan(1.9 * INTERVAL_MS);
    // The second was read while the first ran, before anything was known.
    expect(Math.max(...others.slice(1))).toBeLessThanOrEqual(INTERVAL_MS);
    expect(others.length).toBeGreaterThan(8);
  });

  it('leaves batches as long as they are where it is switched off', async () => {
    const took = await drain({ backPressure: false });
    expect(Math.min(...took.slice(0, -1))).toBeGreaterThan(1.9 * INTERVAL_MS);
  });
});

describe('reading ahead', () => {
  const behind = { flow: { downtime: 'each' }, chunkByChunk: true } as const satisfies Variant;

  async function threeWaiting(variant: Variant = {}): Promise<{ world: InMemoryWorld; engine: MicroBatchEngine }> {
    const world = new InMemoryWorld(undefined);
    for (let chunk = 0; chunk < 4; chunk += 1) world.append([someReading]);
    const engine = await startRunner(world, { ...behind, ...variant });
    await engine.runBatch({ planAhead: false, runAhead: false });
    world.clock.ms += 3 * INTERVAL_MS;
    return { world, engine };
  }

  it('reads the next batch while one runs, and reads nothing twice', async () => {
    const readsDuringRuns: string[][] = [];
    const { world, engine } = await threeWaiting({
      ports: (ports, { reads }) => {
        const { run } = ports.graph;
        ports.graph.run = async (input) => {
          // A graph that takes its time: whatever can happen meanwhile happens.
          await new Promise(setImmediate);
          readsDuringRuns.push([...reads]);
          return run.call(ports.graph, input);
        };
        return ports;
      },
    });
    await runWhatIsDue(engine);
    expect(readsDuringRuns).toEqual([['0-1'], ['0-1', '1-2', '2-3'], ['0-1', '1-2', '2-3', '3-4'], world.reads]);
    expect(world.reads).toEqual(['0-1', '1-2', '2-3', '3-4']);
  });

  it('does not while a job is in step', async () => {
    const world = new InMemoryWorld(undefined);
    const engine = await startRunner(world, behind);
    world.append([someReading]);
    world.append([someReading]);
    await engine.runBatch({ planAhead: true, runAhead: false });
    expect(world.reads).toEqual(['0-1']);
  });

  it('asks a source that must not be asked in vain only once the batch before has its effects', async () => {
    const steps: string[] = [];
    const { engine } = await threeWaiting({
      ports: (ports) => {
        const { run } = ports.graph;
        ports.graph.run = async (input) => {
          await new Promise(setImmediate);
          steps.push(`run ${input.batchId}`);
          return run.call(ports.graph, input);
        };
        const sources = ports.sources.map((source): Source => ({
          ...source,
          canPlanAhead: false,
          plan: (request) => {
            steps.push(`plan ${request.batchId}`);
            return source.plan(request);
          },
        }));
        return { ...ports, sources };
      },
    });
    await runWhatIsDue(engine);
    expect(steps).toEqual(['plan 1', 'run 1', 'plan 2', 'run 2', 'plan 3', 'run 3', 'plan 4', 'run 4']);
  });

  it('drops what it read when the plan turns out to be another', async () => {
    const other = { from: 2, to: 4 };
    const { world, engine } = await threeWaiting({
      ports: (ports) => ({
        ...ports,
        log: {
          ...ports.log,
          commit: async (commit) => ({ ...(await ports.log.commit(commit)), nextPlanned: false }) as never,
          plan: (plan) => ports.log.plan(plan.batchId === 3 ? { ...plan, ranges: { readings: { '0': other } } } : plan),
        },
      }),
    });
    await engine.runBatch({ planAhead: true, runAhead: false });
    await engine.runBatch({ planAhead: false, runAhead: false });
    expect(world.reads).toEqual(['0-1', '1-2', '2-3', '2-4']);
    expect(world.rowsOf('totals-out').at(-1)).toEqual({ key: 'a', n: 4, sum: 4 });
  });

  it('leaves an error to the batch that it belongs to', async () => {
    let failures = 1;
    const { world, engine } = await threeWaiting({
      ports: (ports) => ({
        ...ports,
        sources: ports.sources.map((source): Source => ({
          ...source,
          read: (ranges) => {
            if (ranges['0']?.from === 2 && failures > 0) {
              failures -= 1;
              return Promise.reject(new Error('the disk is away'));
            }
            return source.read(ranges);
          },
        })),
      }),
    });
    await runWhatIsDue(engine);
    expect(failures).toBe(0);
    expect(world.rowsOf('totals-out').at(-1)).toEqual({ key: 'a', n: 4, sum: 4 });
  });
});

describe('running ahead', () => {
  /** A job of which four batches wait, and what its graph, its sink and its log do, in order. */
  async function waiting(variant: Variant = {}): Promise<Ahead> {
    const steps: string[] = [];
    const world = new InMemoryWorld(undefined);
    for (let chunk = 0; chunk < 4; chunk += 1) world.append([someReading]);
    const noting: Variant = {
      flow: { downtime: 'each' },
      chunkByChunk: true,
      ports: (plain) => {
        const ports = variant.ports?.(plain, world) ?? plain;
        const { run } = ports.graph;
        ports.graph.run = (input) => {
          steps.push(`run ${input.batchId}`);
          return run.call(ports.graph, input);
        };
        const sinks = ports.sinks.map((sink) => ({
          ...sink,
          write: async (write: SinkWrite) => {
            // A sink that takes its time: whatever can happen meanwhile happens.
            await new Promise(setImmediate);
            if (sink.uid === 'totals-out') steps.push(`write ${write.batchId}`);
            return sink.write(write);
          },
        }));
        const log: BatchLog = {
          ...ports.log,
          plan: (plan) => {
            steps.push(`plan ${plan.batchId}`);
            return ports.log.plan(plan);
          },
          commit: (commit, next) => {
            steps.push(`commit ${commit.batchId}`);
            return ports.log.commit(commit, next);
          },
        };
        return { ...ports, sinks, log };
      },
    };
    const engine = await startRunner(world, noting);
    await engine.runBatch({ planAhead: false, runAhead: false });
    world.clock.ms += 3 * INTERVAL_MS;
    steps.length = 0;
    return { world, engine, steps };
  }
  interface Ahead {
    readonly world: InMemoryWorld;
    readonly engine: MicroBatchEngine;
    readonly steps: string[];
  }
  const aheadOf = (engine: MicroBatchEngine) => engine.runBatch({ planAhead: true, runAhead: true });

  it('runs a batch, once its plan is durable, while the sinks take the rows of the one before', async () => {
    const { engine, steps, world } = await waiting();
    await aheadOf(engine);
    await aheadOf(engine);
    await engine.runBatch({ planAhead: true, runAhead: false });
    expect(steps).toEqual(
      ['plan 2', 'run 2', 'plan 3', 'run 3', 'write 2', 'commit 2', 'plan 4', 'run 4', 'write 3', 'commit 3'].concat(
        'write 4',
        'commit 4',
      ),
    );
    expect(engine.hasOpenPlan).toBe(false);
    expect(world.rowsOf('totals-out').map((row) => (row as { n: number }).n)).toEqual([1, 2, 3, 4]);
  });

  it('takes no snapshot of a state that a later batch has changed', async () => {
    const { engine } = await waiting();
    await aheadOf(engine);
    expect(engine.isAhead).toBe(true);
    await expect(engine.snapshot('full')).rejects.toThrow('last committed batch');
    await engine.runBatch({ planAhead: true, runAhead: false });
    expect((await engine.snapshot('full')).batchId).toBe(3);
  });

  it('does not where a source must not be asked in vain', async () => {
    const { engine, steps } = await waiting({
      ports: (ports) => ({ ...ports, sources: ports.sources.map((source) => ({ ...source, canPlanAhead: false })) }),
    });
    await aheadOf(engine);
    expect(steps).toEqual(['plan 2', 'run 2', 'write 2', 'commit 2']);
  });

  it('does not once the job is not wanted running any more', async () => {
    const { engine, steps } = await waiting({
      ports: (ports) => ({
        ...ports,
        log: {
          ...ports.log,
          plan: (plan) => (plan.batchId === 3 ? Promise.resolve({ outcome: 'held_back' }) : ports.log.plan(plan)),
        },
      }),
    });
    expect(await engine.runBatch({ planAhead: false, runAhead: true })).toMatchObject({ outcome: 'committed' });
    expect(steps).toEqual(['plan 2', 'run 2', 'plan 3', 'write 2', 'commit 2']);
    expect(engine.hasOpenPlan).toBe(false);
  });

  it('ends at once, with nothing written, where another run has taken the job', async () => {
    const { engine, world } = await waiting();
    await engine.runBatch({ planAhead: true, runAhead: false });
    world.epoch += 1;
    expect(await aheadOf(engine)).toEqual({ outcome: 'fenced' });
    expect(world.rowsOf('totals-out')).toHaveLength(2);
  });

  it('commits a batch although the one that ran ahead has failed, and tells the failure with that one', async () => {
    const { engine, world } = await waiting({
      ports: (ports) => {
        const { run } = ports.graph;
        ports.graph.run = (input) =>
          input.batchId === 3 ? Promise.reject(new Error('the job threw')) : run.call(ports.graph, input);
        return ports;
      },
    });
    expect(await aheadOf(engine)).toMatchObject({ outcome: 'committed', commit: { batchId: 2 } });
    await expect(engine.runBatch({ planAhead: true, runAhead: false })).rejects.toThrow('the job threw');
    expect(world.rowsOf('totals-out')).toHaveLength(2);
  });

  it.each([true, false])('commits a batch although the next one cannot be chosen (ahead: %s)', async (runAhead) => {
    const { engine, world } = await waiting({
      ports: (ports) => ({
        ...ports,
        sources: ports.sources.map((source): Source => ({
          ...source,
          plan: (request) =>
            request.batchId === 3 ? Promise.reject(new Error('a line is too long')) : source.plan(request),
        })),
      }),
    });
    expect(await engine.runBatch({ planAhead: true, runAhead })).toMatchObject({ commit: { batchId: 2 } });
    await expect(engine.runBatch({ planAhead: true, runAhead })).rejects.toThrow('a line is too long');
    expect(world.rowsOf('totals-out')).toHaveLength(2);
  });

  it('leaves two open plans to the next run where it dies, which finishes both', async () => {
    const { engine, world } = await waiting({
      ports: (ports) => ({
        ...ports,
        log: { ...ports.log, commit: (...commit) => (commit[0].batchId === 2 ? never() : ports.log.commit(...commit)) },
      }),
    });
    void aheadOf(engine);
    await vi.waitFor(() => {
      expect(world.rowsOf('totals-out')).toHaveLength(2);
    });
    const finished: number[] = [];
    const next = await startRunner(world, { flow: { downtime: 'each' }, chunkByChunk: true }, (resumed) => {
      finished.push(...resumed.finished.map(({ plan }) => plan.batchId));
    });
    expect(finished).toEqual([2, 3]);
    expect(next.lastBatchId).toBe(3);
    expect(world.rowsOf('totals-out').map((row) => (row as { n: number }).n)).toEqual([1, 2, 3]);
  });
});

const never = (): Promise<never> => new Promise(() => undefined);
