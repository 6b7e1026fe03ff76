import { expect, it } from 'vitest';
import { readBlock } from './state-block.js';
import { StateTable } from './state-table.js';

function aBlock(): Uint8Array {
  const table = new StateTable('state', [
    { name: 'n', type: 'f64' },
    { name: 'flag', type: 'bool' },
    { name: 'of', type: 'json' },
  ]);
  for (const key of ['a', 'ä', 3, true]) table.json(2)[table.idOf(key)] = { key };
  return table.freeze('full')?.next(10_000)?.bytes ?? new Uint8Array();
}

it('refuses a block that was cut anywhere', () => {
  const block = aBlock();
  for (let length = 0; length < block.length; length += 1) {
    expect(() => readBlock(block.slice(0, length)), `cut to ${length} bytes`).toThrow();
  }
  expect(readBlock(block).header.rows).toBe(4);
});

it('reads a block wherever it lies in its buffer', () => {
  const block = aBlock();
  for (let offset = 0; offset < 8; offset += 1) {
    const moved = new Uint8Array(block.length + offset);
    moved.set(block, offset);
    const table = new StateTable('state', [{ name: 'of', type: 'json' }]);
    table.apply(readBlock(moved.subarray(offset)));
    expect([...table.ids()].map((id) => table.json(0)[id])).toEqual(['a', 'ä', 3, true].map((key) => ({ key })));
  }
});

it('refuses a key without a text, which would be taken for a long one', () => {
  const block = aBlock();
  const slotsAt = 8 + Math.ceil(new DataView(block.buffer, block.byteOffset).getUint32(4, true) / 8) * 8;
  // Four slots, padded to eight bytes, and then where each key ends.
  block.fill(0, slotsAt + 8, slotsAt + 12);
  expect(() => readBlock(block)).toThrow('a key without a text');
});
