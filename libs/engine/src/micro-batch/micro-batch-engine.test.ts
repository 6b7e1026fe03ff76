import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_BYTES_MAX, SOURCES_MAX } from '../batch-bounds.js';
import type { Source } from '../ports.js';
import { InMemoryWorld } from './testing/in-memory-world.js';
import {
  INTERVAL_MS,
  PACES,
  rowsWritten,
  startRunner,
  WINDOW_BATCHES,
  WRITES_PER_BATCH_MAX,
  type Pace,
  type Reading,
  type SinkRows,
  type Variant,
} from './testing/simulated-job.js';

const aReading: fc.Arbitrary<Reading> = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  value: fc.integer({ min: -9, max: 9 }),
});
const BATCHES_MAX = 8;
const someChunks = fc.array(fc.array(aReading, { maxLength: 4 }), { minLength: 1, maxLength: BATCHES_MAX });
// Each write can be cut off just before or just after it takes effect.
const aWriteMoment = fc.nat({ max: 2 * WRITES_PER_BATCH_MAX * BATCHES_MAX });

const aPace = fc.constantFrom<Pace>(...PACES);

const diesOnce = (variant: Variant, numRuns: number) => ({
  property: fc.asyncProperty(someChunks, aWriteMoment, aPace, async (chunks, crashAt, pace) => {
    expect(await rowsWritten(chunks, { crashAt, variant, pace })).toEqual(await rowsWritten(chunks, { variant, pace }));
  }),
  numRuns,
});

// The property above cannot see a fault that both runs share, so this one has its own idea of the answer.
const countsRight = (variant: Variant, numRuns: number) => ({
  property: fc.asyncProperty(someChunks, aWriteMoment, aPace, async (chunks, crashAt, pace) => {
    expect(inOrder(await rowsWritten(chunks, { crashAt, variant, pace }))).toEqual(countedByHand(chunks));
  }),
  numRuns,
});

describe('a runner that dies at every write', () => {
  it('is followed by one that writes what an undisturbed run writes, wherever it dies', async () => {
    const { property, numRuns } = diesOnce({}, 500);
    await fc.assert(property, { numRuns });
  });

  it('leaves every total and every window as counted by hand', async () => {
    const { property, numRuns } = countsRight({}, 500);
    await fc.assert(property, { numRuns });
  });

  it.each(PACES)('may die at each single moment of one long run (%s)', async (pace) => {
    const chunks = fc.sample(
      fc.array(fc.array(aReading, { minLength: 1, maxLength: 4 }), { minLength: 6, maxLength: 6 }),
      {
        numRuns: 1,
        seed: 7,
      },
    )[0];
    if (chunks === undefined) throw new Error('no sample');
    const expected = countedByHand(chunks);
    for (let crashAt = 0; crashAt <= 2 * WRITES_PER_BATCH_MAX * chunks.length; crashAt += 1) {
      expect(inOrder(await rowsWritten(chunks, { crashAt, pace }))).toEqual(expected);
    }
  });
});

const BROKEN: { readonly [name: string]: Variant } = {
  'a sink that appends': {
    ports: (ports, world) => ({
      ...ports,
      sinks: ports.sinks.map((sink) => ({ ...sink, write: (write) => world.appendTo(sink.uid, write) })),
    }),
  },
  'a commit before the sink': {
    ports: (ports) => {
      const late: (() => Promise<unknown>)[] = [];
      return {
        ...ports,
        sinks: ports.sinks.map((sink) => ({
          ...sink,
          write: (write) => {
            late.push(() => sink.write(write));
            return Promise.resolve('written');
          },
        })),
        log: {
          ...ports.log,
          commit: async (commit, next) => {
            const committed = await ports.log.commit(commit, next);
            for (const write of late.splice(0)) await write();
            return committed;
          },
        },
      };
    },
  },
  'a plan that is not written': {
    ports: (ports) => ({
      ...ports,
      log: {
        ...ports.log,
        plan: (plan) => Promise.resolve({ outcome: 'planned', plan }),
        commit: async (commit, next) => {
          // The plan is made up at the commit, after the batch has had its effects.
          await ports.log.plan({
            timeline: commit.timeline,
            batchId: commit.batchId,
            batchTimeMs: commit.batchId * INTERVAL_MS + 1_000_000,
            ranges: { readings: { '0': { from: 0, to: commit.nextOffsets['readings']?.['0'] ?? 0 } } },
          });
          return ports.log.commit(commit, next);
        },
      },
    }),
  },
  'state that is not restored': {
    ports: (ports) => ({ ...ports, graph: { ...bound(ports.graph), restore: () => Promise.resolve() } }),
  },
  'a window that is lost': {
    ports: (ports) => ({
      ...ports,
      graph: {
        ...bound(ports.graph),
        restore: (uid, rows) => (uid === 'recent' ? Promise.resolve() : ports.graph.restore(uid, rows)),
      },
    }),
  },
  'a window that is never freed': { windowBatches: 1_000 },
};

describe.each(Object.entries(BROKEN))('%s', (_name, variant) => {
  it('is noticed by at least one of the two properties', async () => {
    const runs = [diesOnce(variant, 500), countsRight(variant, 500)];
    const details = await Promise.all(
      runs.map(({ property, numRuns }) => fc.check(property, { numRuns, seed: 1, endOnFailure: true })),
    );
    expect(details.some(({ failed }) => failed)).toBe(true);
  });
});

describe('a runner that was paused and goes on', () => {
  it('F5: is refused, and leaves no trace of its own', async () => {
    const world = new InMemoryWorld(undefined);
    const paused = await startRunner(world);
    world.append([{ key: 'a', value: 1 }]);
    world.clock.ms += INTERVAL_MS;
    const successor = await startRunner(world);

    expect(await paused.runBatch({ planAhead: true, runAhead: false })).toEqual({ outcome: 'fenced' });
    expect(world.plans).toEqual([]);
    expect(await successor.runBatch({ planAhead: false, runAhead: false })).toMatchObject({ outcome: 'committed' });
    expect(world.rowsOf('totals-out')).toEqual([{ key: 'a', n: 1, sum: 1 }]);
  });
});

describe('a job that is behind', () => {
  it('gets the next plan with the commit, and none when it is told to stop', async () => {
    const world = new InMemoryWorld(undefined);
    const slowSink: Variant = {
      ports: (ports) => ({
        ...ports,
        sinks: ports.sinks.map((sink) => ({
          ...sink,
          write: (write) => {
            world.clock.ms += INTERVAL_MS;
            return sink.write(write);
          },
        })),
      }),
    };
    const engine = await startRunner(world, slowSink);
    world.append([{ key: 'a', value: 1 }]);
    await engine.runBatch({ planAhead: true, runAhead: false });
    expect(engine.hasOpenPlan).toBe(true);
    await engine.runBatch({ planAhead: false, runAhead: false });

    expect(engine.hasOpenPlan).toBe(false);
    expect(world.plans.map(({ batchId }) => batchId)).toEqual([1, 2]);
    expect((world.plans[1]?.batchTimeMs ?? 0) - (world.plans[0]?.batchTimeMs ?? 0)).toBe(3 * INTERVAL_MS);
  });
});

describe('what one batch reads', () => {
  it('is bounded for all sources together, with room for a record of each', async () => {
    const room: number[] = [];
    const many: Variant = {
      ports: (ports, world) => {
        const [source = world.source('readings')] = ports.sources;
        const plan: Source['plan'] = (request) => {
          room.push(request.bytesMax);
          return source.plan(request);
        };
        return { ...ports, sources: Array.from({ length: SOURCES_MAX }, () => ({ ...source, plan })) };
      },
    };
    const engine = await startRunner(new InMemoryWorld(undefined), many);
    await engine.runBatch({ planAhead: false, runAhead: false });

    expect(room).toHaveLength(SOURCES_MAX);
    expect(room.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(BATCH_BYTES_MAX);
    expect(Math.min(...room)).toBeGreaterThan(1024 * 1024 + 1);
  });
});

/** What the sinks must hold, from the input alone: one batch for each chunk, at one interval from each other. */
function countedByHand(chunks: readonly (readonly Reading[])[]): SinkRows {
  const totals: unknown[] = [];
  const windows: unknown[] = [];
  const running = new Map<string, { n: number; sum: number }>();
  chunks.forEach((chunk, index) => {
    for (const { key, value } of chunk) {
      const { n, sum } = running.get(key) ?? { n: 0, sum: 0 };
      running.set(key, { n: n + 1, sum: sum + value });
    }
    for (const key of new Set(chunk.map((reading) => reading.key))) totals.push({ key, ...running.get(key) });
    const inWindow = chunks.slice(Math.max(0, index + 1 - WINDOW_BATCHES), index + 1).flat();
    const endMs = 1_000_000 + (index + 1) * INTERVAL_MS;
    for (const key of ['a', 'b', 'c']) {
      const values = inWindow.filter((reading) => reading.key === key);
      if (values.length > 0) windows.push({ key, sum: values.reduce((sum, { value }) => sum + value, 0), endMs });
    }
  });
  return { 'totals-out': totals, 'recent-out': windows, 'carried-out': windows };
}

/** Within one window the keys may come in any order that is always the same. */
function inOrder(rows: SinkRows): SinkRows {
  const sorted = (windows: unknown[]): unknown[] =>
    (windows as { endMs: number; key: string }[]).sort((a, b) => a.endMs - b.endMs || a.key.localeCompare(b.key));
  return { ...rows, 'recent-out': sorted(rows['recent-out']), 'carried-out': sorted(rows['carried-out']) };
}

/** The methods of an object whose class is not ours to spread. */
function bound<T extends object>(port: T): T {
  return new Proxy(port, {
    ownKeys: () => ['restore', 'run', 'snapshot'],
    getOwnPropertyDescriptor: (target, name) => ({
      configurable: true,
      enumerable: true,
      value: (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
    }),
  });
}
