import {
  checkpointPath,
  differenceCounts,
  differences,
  InMemoryObjectStore,
  StateView,
  writeCheckpoint,
  type ShownRow,
} from '@tidemark/checkpoint';
import type { BundleDigest, JobId, TenantId } from '@tidemark/domain';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { checkDefinition } from './check-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { keySlot } from '../state/key-slot.js';
import { aBatch, aJob, input, toOut } from './testing/run-job.js';

interface Change {
  readonly key: string | number | boolean;
  readonly add: number;
}

const tally = z.object({ sum: z.number(), last: z.number().optional() });

/** One operator that forgets keys, one that has columns, one that keeps when a key was last touched. */
const definition = () =>
  aJob((job) => {
    const keyed = input<Change>(job).keyBy(({ key }) => key);
    keyed
      .updateStateByKey('sums', (changes, sum: number | undefined) => {
        const next = changes.reduce((total, { add }) => total + add, sum ?? 0);
        return next > 20 ? undefined : next;
      })
      .to('out', toOut);
    keyed
      .fold('tallies', {
        schema: tally,
        initial: { sum: 0 },
        fold: (state, { add }) => ({ sum: state.sum + add, ...(add > 5 ? { last: add } : {}) }),
      })
      .to('tallies-out', toOut);
    keyed
      .fold('touched', { initial: 0, fold: (count: number) => count + 1, ttl: { after: '3 s' } })
      .to('touched-out', toOut);
  });

const aKey = fc.constantFrom<Change['key']>('a', 'b', 'ä "x"', '7', 7, -1.5, true, 'true', '');
const someBatches = fc.array(
  fc.record({
    records: fc.array(fc.record({ key: aKey, add: fc.nat({ max: 9 }) }), { maxLength: 6 }),
    checkpoint: fc.constantFrom('none', 'delta', 'delta', 'full'),
  }),
  { minLength: 2, maxLength: 12 },
);

type Model = { readonly [uid: string]: ReadonlyMap<string, unknown> };

/** What the three operators hold after these batches, told without any engine. */
function modelOf(batches: readonly { readonly records: readonly Change[] }[]): Model {
  const sums = new Map<string, number>();
  const tallies = new Map<string, z.infer<typeof tally>>();
  const touched = new Map<string, readonly [count: number, lastMs: number]>();
  for (const [index, { records }] of batches.entries()) {
    const nowMs = timeOf(index);
    const byKey = Map.groupBy(records, ({ key }) => JSON.stringify(key));
    for (const [key, changes] of byKey) {
      const sum = changes.reduce((total, { add }) => total + add, sums.get(key) ?? 0);
      if (sum > 20) sums.delete(key);
      else sums.set(key, sum);
      for (const { add } of changes) {
        const before = tallies.get(key)?.sum ?? 0;
        tallies.set(key, { sum: before + add, ...(add > 5 ? { last: add } : {}) });
        touched.set(key, [(touched.get(key)?.[0] ?? 0) + 1, nowMs]);
      }
    }
    // At a batch's end: a key that comes again in time's last batch is not forgotten.
    for (const [key, [, lastMs]] of touched) if (nowMs - lastMs >= 3_000) touched.delete(key);
  }
  return {
    sums,
    tallies,
    touched: new Map([...touched].map(([key, [count, lastMs]]) => [key, { count, lastMs }])),
  };
}

const timeOf = (index: number): number => 1_732_300_000_000 + 1_000 * index;

const BOUNDS = { found: 4, chars: 200, readBytes: 1e9 };
const tenantId = `tnt_${'1'.repeat(32)}` as TenantId;
const jobId = `job_${'2'.repeat(32)}` as JobId;

/** Runs the batches with their checkpoints; answers with a view of each. */
async function viewsOf(batches: typeof someBatches extends fc.Arbitrary<infer T> ? T : never) {
  const store = new InMemoryObjectStore();
  const checked = checkDefinition(definition());
  if (checked.outcome === 'invalid') throw new Error('The job is not valid.');
  const { shapes } = checked.manifest;
  const schemas = Object.fromEntries(Object.entries(shapes).map(([uid, { schema }]) => [uid, schema]));
  const graph = createInProcessGraph(definition());
  const views: { readonly view: StateView; readonly model: Model }[] = [];
  let parent;
  for (const [index, { records, checkpoint }] of batches.entries()) {
    const batchId = index + 1;
    await graph.run(aBatch(batchId, { timeMs: timeOf(index), records }));
    if (checkpoint === 'none') continue;
    if (checkpoint === 'full') parent = undefined;
    const blocks = await graph.snapshot(parent === undefined ? 'full' : 'delta');
    const path = checkpointPath({ tenantId, jobId, timeline: 1, batchId, epoch: 1, unique: 'x' });
    const result: Awaited<ReturnType<typeof writeCheckpoint>> = await writeCheckpoint(store, {
      ...{ path, engineVersion: '0.1.0', tenantId, jobId, revision: 1, shapes, parent, pendingPlans: [] },
      bundleDigest: 'd'.repeat(64) as BundleDigest,
      snapshot: { timeline: 1, batchId, batchTimeMs: timeOf(index), offsets: {}, next: () => blocks.next() },
    });
    parent = result.chain;
    const { manifestSha256 } = result.written;
    const view = await StateView.open(store, path, { manifestSha256, schemas, bounds: BOUNDS });
    views.push({ view, model: modelOf(batches.slice(0, batchId)) });
  }
  return views;
}

const shown = (uid: string, { value, internal }: ShownRow): unknown => {
  const read = JSON.parse(value) as unknown;
  if (uid !== 'touched') return read;
  return { count: read, lastMs: (JSON.parse(internal) as { readonly '@lastMs': number })['@lastMs'] };
};

it('the state that is listed of a checkpoint, and what differs from another, are those of a naive model', async () => {
  await fc.assert(
    fc.asyncProperty(someBatches, fc.integer({ min: 1, max: 4 }), async (batches, rowsMax) => {
      const views = await viewsOf(batches);
      for (const { view, model } of views) {
        for (const [uid, wanted] of Object.entries(model)) {
          const found = new Map<string, unknown>();
          let page = await view.rows(uid, { rowsMax });
          for (; ; page = await view.rows(uid, { rowsMax, after: page.upTo })) {
            for (const row of page.rows) {
              expect(row.slot).toBe(keySlot(row.key));
              expect(found.has(row.key)).toBe(false);
              found.set(row.key, shown(uid, row));
            }
            if (page.upTo === undefined) break;
          }
          expect(found).toEqual(wanted);
        }
      }
      const [first, last] = [views[0], views.at(-1)];
      if (first === undefined || last === undefined) return;
      const pair = { before: first.view, after: last.view };
      const counts = await differenceCounts(pair);
      for (const uid of Object.keys(first.model)) {
        const [old, now] = [first.model[uid] ?? new Map(), last.model[uid] ?? new Map()];
        const keys = [...new Set([...old.keys(), ...now.keys()])] as string[];
        const differ = keys.filter((key) => JSON.stringify(old.get(key)) !== JSON.stringify(now.get(key)));
        const { items } = await differences(pair, uid, { differencesMax: 1_000 });
        expect(items.map(({ row }) => row.key).sort()).toEqual(differ.sort());
        for (const { row, before, after } of items) {
          expect(before && shown(uid, before)).toEqual(old.get(row.key));
          expect(after && shown(uid, after)).toEqual(now.get(row.key));
        }
        const { added = 0, removed = 0, changed = 0 } = counts.get(uid) ?? {};
        expect(added + removed + changed).toBe(differ.length);
      }
    }),
    { numRuns: 60 },
  );
});
