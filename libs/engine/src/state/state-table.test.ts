import type { Key } from '@tidemark/streams';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, type Whereabouts } from '../graph/failure.js';
import { KeyBlock } from './key-block.js';
import { OperatorState } from './operator-state.js';
import { assembleBlock, readBlock } from './state-block.js';
import { StateTable, type ColumnSpec } from './state-table.js';

const COLUMNS = [
  { name: 'n', type: 'f64', initial: -1 },
  { name: 'flag', type: 'bool', initial: 1 },
  { name: 'of', type: 'json' },
] as const satisfies readonly ColumnSpec[];

interface Row {
  readonly n: number;
  readonly flag: boolean;
  readonly of: unknown;
}

const LONG = 'a key that is too long to lie by its id';
const someKey = fc.oneof(
  fc.constantFrom<Key>(
    LONG,
    `${LONG}, too`,
    'a',
    'b',
    'c',
    'd',
    '',
    'ä"\\',
    '\ud83d\ude00',
    '\ud800',
    0,
    1,
    -1.5,
    true,
    false,
  ),
  fc.nat(30),
);
const someRow = fc.record({
  n: fc.double({ noNaN: true }),
  flag: fc.boolean(),
  of: fc.oneof(
    fc.constant(undefined),
    fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value))),
  ),
});
type Step =
  | { readonly do: 'set'; readonly key: Key; readonly row: Row }
  | { readonly do: 'remove'; readonly key: Key }
  | { readonly do: 'look up'; readonly key: Key }
  | { readonly do: 'clear' }
  | { readonly do: 'end batch' }
  | { readonly do: 'freeze'; readonly kind: 'full' | 'delta' }
  | { readonly do: 'pull'; readonly blocks: number; readonly bytesMax: number };
const someSteps = fc.array(
  fc.oneof<{ weight: number; arbitrary: fc.Arbitrary<Step> }[]>(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('set'), key: someKey, row: someRow }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('remove'), key: someKey }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('look up'), key: someKey }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end batch') }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('freeze'), kind: fc.constantFrom<('full' | 'delta')[]>('full', 'delta') }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('pull'), blocks: fc.nat(3), bytesMax: fc.constantFrom(1, 60, 4_096) }),
    },
  ),
  { maxLength: 80 },
);

/** What the table should hold, by the JSON text of the key. */
type Model = Map<string, Row>;

function contentOf(table: StateTable): Model {
  return new Map(
    [...table.ids()].map((id) => [
      table.keys.text(id),
      { n: table.f64(0)[id] ?? Number.NaN, flag: table.columns[1]?.[id] === 1, of: table.json(2)[id] },
    ]),
  );
}

const restoredFrom = (blocks: readonly Uint8Array[]): StateTable => {
  const table = new StateTable('state', COLUMNS);
  for (const block of blocks) table.apply(readBlock(block));
  return table;
};

/** A table, the model of it, and the blocks of all snapshots that were taken to their end. */
class Subject {
  readonly table = new StateTable('state', COLUMNS);
  readonly model: Model = new Map();
  chain: Uint8Array[] = [];
  private pending: { readonly blocks: Uint8Array[]; readonly model: Model; readonly isBase: boolean } | undefined;
  private frozen: ReturnType<StateTable['freeze']>;

  step(step: Step): void {
    const { table, model } = this;
    switch (step.do) {
      case 'set': {
        const id = table.idOf(step.key);
        table.touch(id);
        table.f64(0)[id] = step.row.n;
        (table.columns[1] as Uint8Array)[id] = step.row.flag ? 1 : 0;
        table.json(2)[id] = step.row.of;
        table.change(id);
        model.set(JSON.stringify(step.key), step.row);
        return;
      }
      case 'remove': {
        const id = table.find(step.key);
        if (id >= 0) table.remove(id);
        model.delete(JSON.stringify(step.key));
        return;
      }
      case 'look up':
        expect(table.find(step.key) >= 0).toBe(model.has(JSON.stringify(step.key)));
        return;
      case 'clear':
        table.clear();
        model.clear();
        return;
      case 'end batch':
        table.untouch();
        return;
      case 'freeze':
        if (!table.isFrozen) this.freeze(step.kind);
        return;
      case 'pull':
        this.pull(step.blocks, step.bytesMax);
    }
  }

  freeze(kind: 'full' | 'delta'): void {
    const isBase = kind === 'full' || this.chain.length === 0;
    this.frozen = this.table.freeze(isBase ? 'full' : 'delta');
    this.pending = { blocks: [], model: new Map(this.model), isBase };
    if (this.frozen === undefined) this.finish();
  }

  pull(blocks: number, bytesMax: number): void {
    for (let i = 0; i < blocks && this.frozen !== undefined; i += 1) {
      const block = this.frozen.next(bytesMax);
      if (block === undefined) this.finish();
      else this.pending?.blocks.push(block.bytes);
    }
  }

  private finish(): void {
    const { blocks, model, isBase } = this.pending ?? { blocks: [], model: new Map(), isBase: false };
    this.frozen = undefined;
    this.chain = isBase ? blocks : [...this.chain, ...blocks];
    expect(contentOf(restoredFrom(this.chain))).toEqual(model);
  }
}

function failureIn(run: () => unknown, where: Whereabouts): unknown {
  try {
    return run();
  } catch (thrown) {
    return failureOf(thrown, where);
  }
}

describe('a state table', () => {
  it('holds what a map holds, and gives each snapshot as of its freezing, however it is pulled', () => {
    fc.assert(
      fc.property(someSteps, (steps) => {
        const subject = new Subject();
        for (const step of steps) subject.step(step);
        expect(contentOf(subject.table)).toEqual(subject.model);
        expect(subject.table.size).toBe(subject.model.size);
        subject.pull(Infinity, 100);
        subject.freeze('delta');
        subject.pull(Infinity, 100);
      }),
      { numRuns: 400 },
    );
  });

  it('goes on from what was restored with deltas that fit to what was there', () => {
    fc.assert(
      fc.property(someSteps, someSteps, (before, after) => {
        const first = new Subject();
        for (const step of before) first.step(step);
        first.pull(Infinity, 100);
        first.freeze('delta');
        first.pull(Infinity, 100);
        const second = new Subject();
        for (const block of first.chain) second.table.apply(readBlock(block));
        for (const [key, row] of first.model) second.model.set(key, row);
        second.chain = first.chain;
        for (const step of after) second.step(step);
        second.pull(Infinity, 100);
        second.freeze('delta');
        second.pull(Infinity, 100);
      }),
      { numRuns: 200 },
    );
  });

  it('finds the keys of a block of rows, of which some are not its own, and says when one may be another by now', () => {
    const table = new StateTable('rows', [{ name: 'n', type: 'f64' }]);
    const texts = [
      'a',
      'bc',
      'a key of sixteen bytes or more',
      'nobody',
      'x\\n',
      ...Array.from({ length: 90 }, (_, i) => `k${i}`),
    ];
    const held = texts.filter((text) => text !== 'nobody').map((text) => table.idOf(text));
    const input = new TextEncoder().encode(texts.map((text) => JSON.stringify(text)).join(''));
    const keys = new KeyBlock();
    let at = 0;
    texts.forEach((text, row) => {
      const length = JSON.stringify(text).length;
      keys.starts[row] = at + 1;
      keys.ends[row] = (at += length) - 1;
      keys.plain[row] = text.includes('\\') ? 0 : 1;
    });
    table.findBlock(input, keys, texts.length);
    // The escaped one is not looked at.
    expect([...keys.ids.subarray(0, texts.length)]).toEqual(held.toSpliced(3, 0, -1).with(4, -1));

    const { removals } = table;
    table.idOf('new');
    expect(table.removals).toBe(removals);
    table.remove(held[0] ?? -1);
    expect(table.removals).toBe(removals + 1);
    table.clear();
    expect(table.removals).toBeGreaterThan(removals + 1);
  });

  it('gives a new key what its columns begin with, also where an id is used again', () => {
    const table = new StateTable('state', COLUMNS);
    const id = table.idOf('a');
    table.f64(0)[id] = 7;
    table.json(2)[id] = { of: 'a' };
    table.remove(id);
    expect(table.idOf('b')).toBe(id);
    expect(contentOf(table)).toEqual(new Map([['"b"', { n: -1, flag: true, of: undefined }]]));
  });

  it('has nothing in its columns after clear that was there before', () => {
    const table = new StateTable('state', COLUMNS);
    table.json(2)[table.idOf('a')] = [1];
    table.clear();
    table.idOf('a');
    expect(contentOf(table)).toEqual(new Map([['"a"', { n: -1, flag: true, of: undefined }]]));
  });

  it('tells a snapshot nothing of rows that came and went between two', () => {
    const table = new StateTable('state', COLUMNS);
    table.freeze('full');
    table.thaw();
    const id = table.idOf('a');
    table.change(id);
    table.remove(id);
    expect(table.freeze('delta')).toBeUndefined();
  });

  it('tells a snapshot of rows that are gone since a snapshot of what had changed brought them', () => {
    const table = new StateTable('state', COLUMNS);
    table.freeze('full');
    table.thaw();
    const id = table.idOf('a');
    table.change(id);
    table.freeze('delta');
    table.thaw();
    table.remove(id);
    expect(table.freeze('delta')?.next(1_000)).toMatchObject({ rows: 0, deleted: 1 });
  });

  it('takes a row away once where a block names its key twice', () => {
    const table = new StateTable('state', []);
    for (const key of ['a', 'b', 'c']) table.idOf(key);
    const key = new TextEncoder().encode('"b"');
    const slot = table.keys.slot(table.find('b'));
    const header = { table: 'state', clear: false, rows: 0, columns: [], keyBytes: 0, jsonBytes: [] };
    const block = assembleBlock({ ...header, deleted: 2, deletedKeyBytes: 6 }, [
      ...[new Uint8Array(0), new Uint32Array(0), new Uint8Array(0)],
      ...[Uint8Array.of(slot, slot), Uint32Array.of(3, 6), Uint8Array.of(...key, ...key)],
    ]);
    table.apply(readBlock(block));
    expect([...table.ids()].map((id) => table.keys.text(id))).toEqual(['"a"', '"c"']);
  });

  it('ends a block in time where single rows are large', () => {
    const table = new StateTable('state', [{ name: 'of', type: 'json' }]);
    for (let key = 0; key < 20; key += 1) table.json(0)[table.idOf(key)] = 'x'.repeat(10_000);
    const frozen = table.freeze('full');
    const sizes: number[] = [];
    for (let block = frozen?.next(25_000); block !== undefined; block = frozen?.next(25_000))
      sizes.push(block.bytes.length);
    expect(Math.max(...sizes)).toBeLessThan(40_000);
    expect(sizes.length).toBeGreaterThan(5);
  });

  it('refuses a row more than it may have, and says which key that was', () => {
    const table = new StateTable('state', COLUMNS, 2);
    table.idOf('a');
    table.idOf('b');
    table.idOf('a');
    const where = { operator: undefined, key: undefined, source: undefined, line: 0 };
    expect(failureIn(() => table.idOf('c'), where)).toMatchObject({
      code: 'state_over_bound',
      bound: 'keysMax of 2',
      key: '"c"',
    });
  });

  it('fills a column that was not there when the state was stored, if that is allowed', () => {
    const stored = new StateTable('state', [COLUMNS[0]]);
    stored.f64(0)[stored.idOf('a')] = 5;
    const block = readBlock(stored.freeze('full')?.next(1_000)?.bytes ?? new Uint8Array());
    const lastMs = { name: 'lastMs', type: 'f64', initial: 9 } as const;
    const more = new StateTable('state', [COLUMNS[0], { ...lastMs, optional: true }]);
    more.apply(block);
    expect([more.f64(0)[0], more.f64(1)[0]]).toEqual([5, 9]);
    expect(() => {
      new StateTable('state', [COLUMNS[0], lastMs]).apply(block);
    }).toThrow('no column "lastMs"');
  });
});

describe('the tables of an operator', () => {
  const columns = () => COLUMNS;
  const chainOf = (state: OperatorState, kind: 'full' | 'delta'): readonly Uint8Array[] =>
    [...{ [Symbol.iterator]: () => state.freeze(kind, 100) }].map(({ bytes }) => bytes);
  const restored = (blocks: readonly Uint8Array[]): OperatorState => {
    const state = new OperatorState('op', columns);
    for (const block of blocks) state.restore(block);
    return state;
  };
  const add = (state: OperatorState, table: string, key: Key): void => {
    const rows = state.table(table);
    rows.change(rows.idOf(key));
  };
  const keysOf = (state: OperatorState, table: string): readonly string[] =>
    [...contentOf(state.table(table)).keys()].sort();

  it('come back with what they had after being dropped and made again, also in deltas after a restore', () => {
    const state = new OperatorState('op', columns);
    add(state, 'w1', 'a');
    const chain = [...chainOf(state, 'full')];
    state.drop('w1');
    chain.push(...chainOf(state, 'delta'));
    add(state, 'w1', 'b');
    chain.push(...chainOf(state, 'delta'));
    const next = restored(chain);
    add(next, 'w1', 'c');
    chain.push(...chainOf(next, 'delta'));
    expect(keysOf(restored(chain), 'w1')).toEqual(['"b"', '"c"']);
  });

  it('are empty where they were made again between two snapshots', () => {
    const state = new OperatorState('op', columns);
    add(state, 'w1', 'a');
    const chain = [...chainOf(state, 'full')];
    state.drop('w1');
    add(state, 'w1', 'b');
    chain.push(...chainOf(state, 'delta'));
    expect(keysOf(restored(chain), 'w1')).toEqual(['"b"']);
  });
});
