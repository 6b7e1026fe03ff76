import { files } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphInput, GraphRuntime, StateBlock } from '../../ports.js';
import { createInProcessGraph } from '../in-process-graph.js';
import { aChunk, aJob, blocksOf, input, rowsOf, toOut, type Build } from '../testing/run-job.js';

interface Order {
  readonly id: number;
  readonly user: string;
}
interface User {
  readonly user: string;
  readonly name: string;
  readonly gone?: boolean;
}

const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

const batch = (batchId: number, orders: readonly Order[], users: readonly User[]): GraphInput => ({
  timeline: 1,
  batchId,
  batchTimeMs: batchId * 1_000,
  sources: [
    { uid: 'in', chunks: [aChunk(lines(orders))] },
    { uid: 'users', chunks: [aChunk(lines(users))] },
  ],
});

const enrich =
  (type: 'inner' | 'left', byField = true): Build =>
  (job) => {
    const orders = input<Order>(job);
    const users = job.table('users', files<User>({ path: 'users' }), { key: 'user', delete: ({ gone }) => gone });
    orders
      .lookup('enrich', users, {
        key: byField ? 'user' : ({ user }) => user,
        type,
        select: ({ id }, user) => [id, user?.name ?? null],
      })
      .to('out', toOut);
  };

const someUser = fc.constantFrom('a', 'b', 'ü"');
const someBatches = fc.array(
  fc.record({
    orders: fc.array(fc.record({ id: fc.nat(99), user: someUser }), { maxLength: 4 }),
    users: fc.array(fc.record({ user: someUser, name: fc.string({ maxLength: 3 }), gone: fc.boolean() }), {
      maxLength: 3,
    }),
  }),
  { maxLength: 8 },
);

async function run(graph: GraphRuntime, batches: readonly { orders: readonly Order[]; users: readonly User[] }[]) {
  const outputs: unknown[] = [];
  for (const [index, { orders, users }] of batches.entries()) {
    outputs.push(await rowsOf(graph, batch(index + 1, orders, users)));
  }
  return outputs;
}

describe.each(['inner', 'left'] as const)('a lookup (%s)', (type) => {
  it('gives each record the newest row of its key, of its own batch too', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, fc.boolean(), async (batches, byField) => {
        const names = new Map<string, string>();
        const expected = batches.map(({ orders, users }) => {
          for (const { user, name, gone } of users) {
            if (gone) names.delete(user);
            else names.set(user, name);
          }
          return orders
            .filter(({ user }) => type === 'left' || names.has(user))
            .map(({ id, user }) => [id, names.get(user) ?? null]);
        });
        expect(await run(createInProcessGraph(aJob(enrich(type, byField))), batches)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('writes the same bytes when it is restored in the middle, from a base and deltas', async () => {
    await fc.assert(
      fc.asyncProperty(someBatches, fc.nat(8), fc.nat(8), async (batches, split, base) => {
        const straight = await run(createInProcessGraph(aJob(enrich(type))), batches);
        let graph = createInProcessGraph(aJob(enrich(type)));
        const blocks: StateBlock[] = [];
        const outputs: unknown[] = [];
        for (const [index, { orders, users }] of batches.entries()) {
          if (index === base) blocks.push(...(await blocksOf(await graph.snapshot('full'))));
          if (index === split && base <= split) {
            blocks.push(...(await blocksOf(await graph.snapshot('delta'))));
            graph = createInProcessGraph(aJob(enrich(type)));
            for (const { uid, bytes } of blocks) await graph.restore(uid, bytes);
          }
          outputs.push(await rowsOf(graph, batch(index + 1, orders, users)));
        }
        expect(outputs).toEqual(straight);
      }),
      { numRuns: 25 },
    );
  });
});

it('keeps its rows, whatever the job does to those that it gets', async () => {
  const build: Build = (job) => {
    const users = job.table('users', files<{ user: string; seen: number }>({ path: 'users' }), {
      key: ({ user }) => user,
    });
    input<Order>(job)
      .lookup('count', users, { key: 'user', type: 'inner', select: (_, user) => (user.seen += 1) })
      .to('out', toOut);
  };
  const graph = createInProcessGraph(aJob(build));
  const order = { id: 1, user: 'a' };
  const users = [{ user: 'a', name: '', seen: 0 }];
  expect(await rowsOf(graph, batch(1, [order, order], users))).toEqual([1, 1]);
});

it('looks up with a key that is no member of the record, on a keyed stream too', async () => {
  const build: Build = (job) => {
    const users = job.table('users', files<User>({ path: 'users' }), { key: 'user' });
    input<Order>(job)
      .keyBy('user')
      .lookup('enrich', users, { key: ([user]) => user, select: ([key, { id }], user) => [key, id, user?.name] })
      .to('out', toOut);
  };
  const graph = createInProcessGraph(aJob(build));
  expect(await rowsOf(graph, batch(1, [{ id: 1, user: 'a' }], [{ user: 'a', name: 'Ann' }]))).toEqual([
    ['a', 1, 'Ann'],
  ]);
});
