import {
  count,
  files,
  last,
  sum,
  topK,
  type JobBuilder,
  type KeyedStream,
  type State,
  type Stream,
} from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InMemoryColdStore } from '../cold/in-memory-cold-store.js';
import type { GraphRuntime, StateBlock } from '../ports.js';
import { rowsOfBlock } from '../state/block-rows.js';
import { createInProcessGraph } from './in-process-graph.js';
import { aBatch, aJob, blocksOf, input, toOut, type Build, type TestBatch } from './testing/run-job.js';

interface Pair {
  readonly k: string;
  readonly v: number;
}

type Bound = { readonly rowsInMemory: number } | Record<never, never>;
type Pairs = KeyedStream<string, Pair>;

const PAIR = z.object({ k: z.string(), v: z.number() });
const STATE = z.object({ n: z.number(), even: z.boolean(), last: z.string() });

/** Every operator whose rows may leave memory; a value of 0 makes those forget that can. */
const OPERATORS: { readonly [name: string]: (pairs: Pairs, bound: Bound) => Pick<Stream<unknown>, 'to'> } = {
  fold: (pairs, bound) =>
    pairs.fold('s', {
      initial: { n: 0, seen: [] as number[] },
      fold: (s, { v }) => (v === 0 ? undefined : { n: s.n + v, seen: [...s.seen.slice(-2), v] }),
      ...bound,
    }),
  'fold with a schema': (pairs, bound) =>
    pairs.fold('s', {
      initial: { n: 0, even: true, last: '' },
      fold: ({ n }, { k, v }) => (v === 0 ? undefined : { n: n + v, even: (n + v) % 2 === 0, last: `${k}"é` }),
      schema: STATE,
      ...bound,
    }),
  aggregate: (pairs, bound) =>
    pairs.aggregate(
      's',
      { n: count(), total: sum<Pair>('v'), last: last<Pair>(), often: topK<Pair, number>(2, ({ v }) => v) },
      bound,
    ),
  updateStateByKey: (pairs, bound) =>
    pairs.updateStateByKey<{ n: number }>(
      's',
      (pairsOf, state) => {
        if (pairsOf.some(({ v }) => v === 0)) return undefined;
        return { n: pairsOf.reduce((n, { v }) => n + v, state?.n ?? 0) };
      },
      bound,
    ),
  mapWithState: (pairs, bound) =>
    pairs.mapWithState('s', {
      update: (pair: Pair | undefined, state: State<{ n: number }>) => {
        const n = (state.get()?.n ?? 0) + (pair?.v ?? 0);
        if (pair?.v === 0) state.remove();
        // A value of 1 only looks.
        else if (pair?.v !== 1) state.update({ n });
        return n;
      },
      ...bound,
    }),
};

/** Ways for a key from its source to the state. */
const WAYS: { readonly [name: string]: (job: JobBuilder) => Pairs } = {
  'a field': (job) => input<Pair>(job).keyBy('k'),
  'a field of a schema': (job) => job.source('in', files<Pair>({ path: 'in' }), { schema: PAIR }).keyBy('k'),
  'a long way': (job) => {
    const { kept, rest } = input<Pair>(job)
      .filter(({ v }) => v < 9)
      .eventTime('times', { timestamp: 'v', outOfOrderness: 1 })
      .split('parts', { kept: ({ v }) => v > 2, rest: ({ v }) => v !== 8 });
    const twice = rest.flatMap((pair) => [pair, { ...pair, k: `${pair.k}'` }]);
    return kept
      .union(twice)
      .keyBy(({ k }) => k)
      .mapValues((pair) => ({ ...pair }));
  },
};

const somePair = fc.record({ k: fc.constantFrom('a', 'b', 'c', 'd', 'ä"', 'f'), v: fc.integer({ min: 0, max: 9 }) });
const someBatches = fc
  .array(fc.array(somePair, { maxLength: 6 }), { minLength: 1, maxLength: 12 })
  .map((batches) => batches.map((records, index): TestBatch => ({ timeMs: (index + 1) * 1_000, records })));

/** What is done before a batch: a checkpoint, or a crash and a restore of what was stored last. */
const someStops = fc.array(fc.constantFrom('', '', 'delta', 'full', 'crash', 'late'), { maxLength: 12 });

const job =
  (
    way: (job: JobBuilder) => Pairs,
    operator: (pairs: Pairs, bound: Bound) => Pick<Stream<unknown>, 'to'>,
    bound: Bound,
  ): Build =>
  (builder) => {
    operator(way(builder), bound).to('out', toOut);
  };

/** The rows of `s` that blocks leave behind, by key. */
function stateOf(blocks: readonly StateBlock[]): unknown {
  const rows = new Map<unknown, unknown>();
  for (const { bytes } of blocks.filter(({ uid }) => uid === 's')) {
    const block = rowsOfBlock(bytes);
    if (block.clear) rows.clear();
    for (const key of block.deleted) rows.delete(key);
    for (const { key, columns } of block.rows) rows.set(key, columns);
  }
  return new Map([...rows].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

const seen = async (graph: GraphRuntime, batchId: number, batch: TestBatch) => {
  const { sinks, stateKeys, recordsIn, recordsSkipped, counts } = await graph.run(aBatch(batchId, batch));
  return {
    out: new TextDecoder().decode(sinks.get('out')?.bytes),
    keys: stateKeys.get('s'),
    recordsIn,
    recordsSkipped,
    counts,
  };
};

/** What a job gives that is stopped, restored and check-pointed on its way, and its state at every checkpoint and at the end. */
async function interrupted(build: Build, batches: readonly TestBatch[], stops: readonly string[]) {
  const open = (): GraphRuntime => createInProcessGraph(aJob(build), new InMemoryColdStore());
  let graph = open();
  const states: unknown[] = [];
  const outputs: unknown[] = [];
  let stored: readonly StateBlock[] = [];
  const store = async (kind: 'full' | 'delta'): Promise<void> => {
    const blocks = await blocksOf(await graph.snapshot(stored.length === 0 ? 'full' : kind));
    stored = kind === 'full' ? blocks : [...stored, ...blocks];
    states.push(stateOf(stored));
  };
  for (const [index, batch] of batches.entries()) {
    const stop = stops[index] ?? '';
    if (stop === 'delta' || stop === 'full') await store(stop);
    if (stop === 'crash') {
      await store('delta');
      graph = open();
      for (const { uid, bytes } of stored) await graph.restore(uid, bytes);
    }
    // Handed out only after the batch that follows it.
    const frozen = stop === 'late' ? await graph.snapshot(stored.length === 0 ? 'full' : 'delta') : undefined;
    outputs.push(await seen(graph, index + 1, batch));
    if (frozen !== undefined) {
      stored = [...stored, ...(await blocksOf(frozen))];
      states.push(stateOf(stored));
    }
  }
  states.push(stateOf(await blocksOf(await graph.snapshot('full'))));
  return { outputs, states };
}

describe.each(Object.keys(OPERATORS))('the state of %s that is larger than memory', (name) => {
  const operator = OPERATORS[name]!;

  it.each(Object.keys(WAYS))('gives what it gives in memory, over %s', async (wayName) => {
    const way = WAYS[wayName]!;
    await fc.assert(
      fc.asyncProperty(someBatches, someStops, fc.constantFrom(0, 1, 3), async (batches, stops, rowsInMemory) => {
        const cold = await interrupted(job(way, operator, { rowsInMemory }), batches, stops);
        expect(cold).toEqual(await interrupted(job(way, operator, {}), batches, stops));
      }),
      { numRuns: 15 },
    );
  });
});
