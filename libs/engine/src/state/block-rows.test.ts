import { expect, it } from 'vitest';
import { rowsOfBlock } from './block-rows.js';
import { OWN_KEY } from './operator-state.js';
import { setAt, StateTable } from './state-table.js';

it('reads keys, typed columns and deleted keys of a block', () => {
  const table = new StateTable('state', [
    { name: 'count', type: 'f64' },
    { name: 'seen', type: 'bool' },
    { name: 'last', type: 'json' },
  ]);
  const put = (key: string | number, last: unknown) => {
    const id = table.idOf(key);
    table.f64(0)[id] = id + 0.5;
    (table.columns[1] as Uint8Array)[id] = 1;
    setAt(table.json(2), id, last);
    table.change(id);
  };
  put('zürich', { at: 1 });
  put(7, undefined);
  table.change(table.idOf(OWN_KEY));
  const block = (kind: 'full' | 'delta') => {
    const frozen = table.freeze(kind);
    const next = frozen?.next(1_000_000);
    expect(frozen?.next(1_000_000)).toBeUndefined();
    return rowsOfBlock(next?.bytes ?? new Uint8Array(0));
  };
  expect(block('full')).toEqual({
    table: 'state',
    clear: true,
    deleted: [],
    rows: [
      { key: 'zürich', columns: { count: 0.5, seen: true, last: { at: 1 } } },
      { key: 7, columns: { count: 1.5, seen: true, last: undefined } },
      { key: null, columns: { count: 0, seen: false, last: undefined } },
    ],
  });
  table.remove(table.find(7));
  expect(block('delta')).toEqual({ table: 'state', clear: false, deleted: [7], rows: [] });
});
