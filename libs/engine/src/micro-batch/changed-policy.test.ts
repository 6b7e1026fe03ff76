import { DEFAULT_FLOW, recordKey, TidemarkError, type BatchPlan, type Poison } from '@tidemark/domain';
import { defineJob, files, toFiles } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInProcessGraph } from '../graph/in-process-graph.js';
import type { GraphInput, GraphRuntime, Sink } from '../ports.js';
import { MicroBatchEngine } from './micro-batch-engine.js';
import { InMemoryWorld } from './testing/in-memory-world.js';

const INTERVAL_MS = 1_000;
const SINKS = ['a', 'b'];

interface Revision {
  readonly poison: Poison;
  /** What the code does with a record whose value is negative. */
  readonly code?: 'takes' | 'throws' | 'throws late' | 'hangs';
  /** Sinks that cannot be reached. */
  readonly away?: readonly string[];
}

const aJob = ({ poison, code }: Revision) =>
  defineJob({ name: 'payments', batchInterval: INTERVAL_MS, poison }, (job) => {
    const sums = job
      .source('in', files<{ key: string; value: number }>({ path: 'in' }))
      .map((payment) => {
        if (code === 'throws' && payment.value < 0) throw new Error('negative');
        return payment;
      })
      .keyBy('key')
      .fold('sums', {
        initial: 0,
        fold: (sum, { value }) => {
          if (code === 'throws late' && value < 0) throw new Error('negative');
          return sum + value;
        },
      });
    for (const sink of SINKS) sums.to(sink, toFiles({ path: sink }));
  });

function graphOf(revision: Revision): GraphRuntime {
  const graph = createInProcessGraph(aJob(revision));
  const hangs = ({ sources }: GraphInput): boolean =>
    sources.some(({ chunks }) => chunks.some(({ bytes }) => new TextDecoder().decode(bytes).includes('-')));
  return {
    restore: (uid, block) => graph.restore(uid, block),
    convert: (uid, form, block) => graph.convert(uid, form, block),
    snapshot: (kind) => graph.snapshot(kind),
    run: (input) =>
      revision.code === 'hangs' && hangs(input)
        ? Promise.reject(new TidemarkError('job_over_cpu', { limitMs: 1, batchId: input.batchId }))
        : graph.run(input),
  };
}

function sinkOf(world: InMemoryWorld, uid: string, { away = [] }: Revision): Sink {
  const sink = world.sink(uid);
  const unreachable = () => Promise.reject(new TidemarkError('sink_unavailable', { sink: uid, reason: 'away' }));
  return away.includes(uid) ? { ...sink, write: unreachable } : sink;
}

/** Runs a revision until it has committed the first batch, or fails. */
async function run(world: InMemoryWorld, revision: Revision): Promise<void> {
  for (;;) {
    world.epoch += 1;
    const ports = {
      log: { ...world.log(world.epoch), setsAside: revision.poison === 'dead_letter' },
      graph: graphOf(revision),
      sources: [world.source('in')],
      sinks: SINKS.map((uid) => sinkOf(world, uid, revision)),
      clock: world.clock,
    };
    const timing = { ...DEFAULT_FLOW, intervalMs: INTERVAL_MS };
    const start = { timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {} };
    const engine = new MicroBatchEngine(ports, timing, start);
    if ((await engine.resume()).outcome !== 'resumed') continue;
    if (engine.lastBatchId === 1) return;
    const { outcome } = await engine.runBatch({ planAhead: false, runAhead: false });
    if (outcome === 'committed') return;
  }
}

function aWorld(): InMemoryWorld {
  const world = new InMemoryWorld(undefined);
  world.append([1, -5, 2].map((value) => ({ key: 'x', value })));
  return world;
}

const lettersOf = ({ letters }: InMemoryWorld) => letters.map(({ offset }) => offset);
const WAYS = ['throws', 'throws late', 'hangs'] as const;

describe.each(WAYS)('a batch that another policy has left open, and code that %s', (code) => {
  it('takes every record where a sink has some of it: none becomes a letter that is a result too', async () => {
    const world = aWorld();
    await expect(run(world, { poison: 'fail', away: ['b'] })).rejects.toMatchObject({ code: 'sink_unavailable' });

    await expect(run(world, { poison: 'dead_letter', code })).rejects.toMatchObject({
      code: 'record_lost_to_code',
      params: { batchId: 1, source: 'in', partition: '0', offset: 1 },
    });
    await run(world, { poison: 'dead_letter', code: 'takes' });
    expect(SINKS.map((sink) => world.rowsOf(sink))).toEqual([[['x', -2]], [['x', -2]]]);
    expect(lettersOf(world)).toEqual([]);
  });

  it('does without the record at which it has failed, where no sink has anything of it', async () => {
    const world = aWorld();
    await expect(run(world, { poison: 'fail', code })).rejects.toMatchObject({
      code: code === 'hangs' ? 'job_over_cpu' : 'job_code_threw',
    });
    await run(world, { poison: 'dead_letter', code });
    expect(SINKS.map((sink) => world.rowsOf(sink))).toEqual([[['x', 3]], [['x', 3]]]);
    expect(lettersOf(world)).toEqual([1]);
  });

  it('goes on without a record that it has left out before a sink had anything of it', async () => {
    const world = aWorld();
    const isAway = { code: 'sink_unavailable' };
    await expect(run(world, { poison: 'dead_letter', code, away: SINKS })).rejects.toMatchObject(isAway);
    await expect(run(world, { poison: 'fail', away: ['b'] })).rejects.toMatchObject(isAway);
    await run(world, { poison: 'dead_letter', code });
    expect(SINKS.map((sink) => world.rowsOf(sink))).toEqual([[['x', 3]], [['x', 3]]]);
    expect(lettersOf(world)).toEqual([1]);
  });
});

/** Each is another bit of the sum, which so says which records are in it. */
const VALUES = [1, -2, 4, -8, 16, -32];
const aRevision: fc.Arbitrary<Revision> = fc.record({
  poison: fc.constantFrom('fail', 'fail', 'dead_letter', 'dead_letter', 'skip'),
  code: fc.constantFrom('takes', 'takes', 'throws', ...WAYS),
  away: fc.subarray(SINKS),
});

describe('a batch that is run by any revisions, one after the other', () => {
  it('has each record in a letter or in all of its sinks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aRevision, { minLength: 2, maxLength: 5 }), async (revisions) => {
        const world = new InMemoryWorld(undefined);
        world.append(VALUES.map((value) => ({ key: 'x', value })));
        for (const revision of revisions) await run(world, revision).catch(() => undefined);
        await run(world, { poison: 'dead_letter', code: 'takes' });
        const sum = VALUES.filter((_, offset) => !lettersOf(world).includes(offset)).reduce((a, b) => a + b, 0);
        expect(SINKS.map((sink) => world.rowsOf(sink))).toEqual([[['x', sum]], [['x', sum]]]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a batch that reads a record again, and was planned before the policy became "skip"', () => {
  const again = { source: 'in', partition: '0', offset: 7, timeline: 1, bytes: new TextEncoder().encode('no JSON') };
  const plan: BatchPlan = {
    ...{ timeline: 1, batchId: 1, batchTimeMs: 1_000_000 },
    ...{ ranges: { in: { '0': { from: 0, to: 3 } } }, redriven: [again] },
  };
  async function aPlanned(): Promise<InMemoryWorld> {
    const world = aWorld();
    await world.log(world.epoch).plan(plan);
    return world;
  }

  it('sets it aside again where it cannot be read: nothing took it', async () => {
    const world = await aPlanned();
    await run(world, { poison: 'skip' });
    expect(world.letters.map(recordKey)).toEqual([recordKey(again)]);
    expect(world.rowsOf('a')).toEqual([['x', -2]]);
  });

  it('has said so before a sink has anything of it', async () => {
    const world = await aPlanned();
    await expect(run(world, { poison: 'skip', away: ['b'] })).rejects.toMatchObject({ code: 'sink_unavailable' });
    const [logged] = await world.log(world.epoch).after(0);
    expect([logged?.setAside?.map(recordKey), logged?.isSettled]).toEqual([[recordKey(again)], true]);
  });

  it('fails where a sink may have what came of it', async () => {
    const world = await aPlanned();
    await world.sink('a').write({ ...plan, rows: 1, bytes: new TextEncoder().encode('["x",7]\n') });
    await expect(run(world, { poison: 'skip' })).rejects.toMatchObject({ code: 'record_lost_to_code' });
    expect(world.letters).toEqual([]);
  });
});
